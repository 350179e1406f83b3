// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tracefs/ring.h"

#include <fcntl.h>
#include <unistd.h>

extern "C" {
#include <traceevent/kbuffer.h>  // does not say itself that it is C
}

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <sstream>

#include <fmt/format.h>

namespace blkhang {
namespace {

/// "offset:8;" of a line such as `	field:u64 frame;	offset:16;	size:8;	signed:0;`
std::optional<std::uint32_t> number_behind(std::string_view line, std::string_view what) {
    const auto at = line.find(what);
    std::uint32_t number = 0;
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const auto text = line.substr(at + what.size());
    const bool is_number = std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{};
    return is_number ? std::optional{number} : std::nullopt;
}

/// The last word of a declaration, without the brackets of an array.
std::string name_declared(std::string_view declaration) {
    declaration = declaration.substr(0, declaration.find('['));
    return std::string{declaration.substr(declaration.find_last_of(" *") + 1)};
}

/// A page of the ring buffer; kernels since 6.8 can have larger ones, if told so.
constexpr std::size_t kPage = 64U << 10U;

/// What a page begins with on 64-bit machines: its time, and how many bytes of records follow
/// (struct buffer_data_page, kernel/trace/ring_buffer.c). Upper bits of the second say what was lost.
constexpr std::size_t kPageHeader = 16;
constexpr std::uint64_t kCommitMask = (1U << 27U) - 1;

/// Where the records of a page end, of which so much was read; nothing if it says that it holds more.
std::optional<std::size_t> end_of_records(std::string_view page) {
    std::uint64_t commit = 0;
    if (page.size() < kPageHeader) {
        return std::nullopt;
    }
    std::memcpy(&commit, page.data() + sizeof(std::uint64_t), sizeof(commit));
    const auto end = kPageHeader + (commit & kCommitMask);
    return end <= page.size() ? std::optional{end} : std::nullopt;
}

}  // namespace

std::uint64_t RecordField::in(std::string_view record) const {
    std::uint64_t number = 0;
    if (size == 0 || size > sizeof(number) || record.size() < std::size_t{offset} + size) {
        return 0;
    }
    std::memcpy(&number, record.data() + offset, size);  // little-endian, as all machines that are known here
    return number;
}

Result<RecordFormat> RecordFormat::parse(const std::string& text) {
    constexpr std::string_view kField = "\tfield:";
    RecordFormat format;
    bool has_id = false;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("ID:")) {
            format.id_ = number_behind(line, "ID: ").value_or(0);
            has_id = format.id_ != 0;
        }
        const auto offset = number_behind(line, "\toffset:");
        const auto size = number_behind(line, "\tsize:");
        if (line.starts_with(kField) && offset && size) {
            const auto declaration = std::string_view(line).substr(kField.size());
            format.fields_.push_back({name_declared(declaration.substr(0, declaration.find(';'))), {*offset, *size}});
        }
    }
    if (!has_id || format.fields_.empty()) {
        return fail(Fault::broken, "the format of an event cannot be read");
    }
    return format;
}

RecordField RecordFormat::field(std::string_view name) const {
    const auto found = std::ranges::find(fields_, name, &Named::name);
    return found == fields_.end() ? RecordField{} : found->where;
}

void TraceRing::FreeBuffer::operator()(kbuffer* buffer) const { kbuffer_free(buffer); }

Result<TraceRing> TraceRing::open(const std::filesystem::path& instance) {
    TraceRing ring;
    std::error_code unknown;
    for (const auto& cpu : std::filesystem::directory_iterator(instance / "per_cpu", unknown)) {
        const auto path = cpu.path() / "trace_pipe_raw";
        Fd fd{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
        if (!fd.valid()) {
            return fail_errno(fmt::format("opening {}", path.string()));
        }
        ring.cpus_.push_back(std::move(fd));
    }
    if (ring.cpus_.empty()) {
        return fail(Fault::unsupported, fmt::format("there is nothing below {}/per_cpu", instance.string()));
    }
    ring.buffer_.reset(kbuffer_alloc(KBUFFER_LSIZE_SAME_AS_HOST, KBUFFER_ENDIAN_SAME_AS_HOST));
    if (ring.buffer_ == nullptr) {
        return fail(Fault::broken, "there is no memory for a trace buffer");
    }
    ring.page_.resize(kPage);
    return ring;
}

void TraceRing::take_page(std::size_t size, const Take& take) {
    if (size < page_.size()) {
        std::memset(page_.data() + size, 0, std::min(page_.size() - size, sizeof(std::uint64_t)));
    }
    // The library believes the page's own sizes.
    const auto end = end_of_records({page_.data(), size});
    if (!end || kbuffer_load_subbuffer(buffer_.get(), page_.data()) != 0) {
        ++lost_;
        return;
    }
    if (const int missed = kbuffer_missed_events(buffer_.get()); missed != 0) {
        lost_ += missed > 0 ? static_cast<std::uint64_t>(missed) : 1;
    }
    unsigned long long at = 0;
    for (auto* data = kbuffer_read_event(buffer_.get(), &at); data != nullptr;
         data = kbuffer_next_event(buffer_.get(), &at)) {
        const auto bytes = static_cast<std::size_t>(std::max(0, kbuffer_event_size(buffer_.get())));
        const auto left = page_.data() + *end - static_cast<const char*>(data);
        if (left < 0 || bytes > static_cast<std::size_t>(left)) {
            ++lost_;
            return;
        }
        take({at, {static_cast<const char*>(data), bytes}});
    }
}

void TraceRing::read(const Take& take) {
    for (const auto& cpu : cpus_) {
        for (;;) {
            const auto size = ::read(cpu.get(), page_.data(), page_.size());
            if (size <= 0) {
                break;
            }
            // One call may bring several pages only by splice(2): this is one.
            take_page(static_cast<std::size_t>(size), take);
        }
    }
}

}  // namespace blkhang
