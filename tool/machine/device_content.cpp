// SPDX-License-Identifier: GPL-2.0-only
#include "machine/device_content.h"

#include <blkid/blkid.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "base/device_size.h"
#include "base/file.h"
#include "base/forked.h"
#include "base/hex.h"
#include "base/number.h"
#include "base/parent.h"
#include "base/printable.h"

namespace blkhang {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
constexpr std::uint64_t kSample = 64 << 10;
constexpr std::uint64_t kSmall = 256 * kMiB;  // read as a whole within seconds
constexpr unsigned kReaders = 32;
constexpr std::size_t kAlignment = 4096;

struct FreeProbe {
    void operator()(blkid_probe probe) const { ::blkid_free_probe(probe); }
};

std::string value_of(blkid_probe probe, const char* name) {
    const char* value = nullptr;
    return ::blkid_probe_lookup_value(probe, name, &value, nullptr) == 0 && value != nullptr ? printable(value) : "";
}

/// All of them, as wipefs lists them: what lies below another's signature counts as well.
void read_signatures(int fd, DeviceContent& content) {
    const std::unique_ptr<std::remove_pointer_t<blkid_probe>, FreeProbe> probe(::blkid_new_probe());
    if (!probe || ::blkid_probe_set_device(probe.get(), fd, 0, 0) != 0) {
        content.read_error = errno != 0 ? errno : EIO;
        return;
    }
    ::blkid_probe_enable_superblocks(probe.get(), 1);
    ::blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE | BLKID_SUBLKS_LABEL |
                                                         BLKID_SUBLKS_UUID | BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_BADCSUM);
    ::blkid_probe_enable_partitions(probe.get(), 1);
    ::blkid_probe_set_partitions_flags(probe.get(), BLKID_PARTS_MAGIC);
    constexpr int kMost = 32;
    for (int i = 0; i < kMost; ++i) {
        errno = 0;
        const int found = ::blkid_do_probe(probe.get());
        if (found != 0) {
            if (found < 0) {
                content.read_error = errno != 0 ? errno : EIO;
            }
            break;
        }
        Signature signature{value_of(probe.get(), "TYPE"), value_of(probe.get(), "USAGE"),
                            value_of(probe.get(), "LABEL"), value_of(probe.get(), "UUID")};
        if (signature.type.empty()) {
            signature.type = value_of(probe.get(), "PTTYPE");
            signature.usage = "partitions";
        }
        if (std::ranges::find(content.signatures, signature) == content.signatures.end()) {
            content.signatures.push_back(std::move(signature));
        }
    }
}

struct FreeMemory {
    void operator()(char* memory) const { std::free(memory); }  // NOLINT(cppcoreguidelines-no-malloc)
};

/// Looks for bytes that are not zero.
class BlankCheck {
public:
    BlankCheck(int fd, std::uint64_t size)
        : fd_(fd), size_(size), buffer_(static_cast<char*>(std::aligned_alloc(kAlignment, kMiB))) {}

    [[nodiscard]] std::optional<std::uint64_t> first_data(Reading reading) {
        const bool thorough = reading == Reading::thorough;
        const std::uint64_t whole = !thorough ? kMiB : size_ <= kSmall ? size_ : 16 * kMiB;
        const std::uint64_t places = thorough ? 256 : 16;
        for (std::uint64_t at = 0; at < std::min(size_, whole) && go_on(); at += kMiB) {
            look(at, kMiB);
        }
        const std::uint64_t last = size_ < kMiB ? 0 : (size_ - kMiB) / kAlignment * kAlignment;
        look(last, kMiB);
        look(size_ / kAlignment * kAlignment, kMiB);  // what is left after it
        for (std::uint64_t i = 1; i < places && go_on(); ++i) {
            look(size_ / places * i / kAlignment * kAlignment, kSample);
        }
        return found_;
    }
    [[nodiscard]] int error() const { return error_; }

private:
    [[nodiscard]] bool go_on() const { return !found_ && error_ == 0; }
    void look(std::uint64_t at, std::uint64_t length) {
        if (!go_on() || at >= size_ || !buffer_) {
            return;
        }
        const ssize_t count = ::pread(fd_, buffer_.get(), length, static_cast<off_t>(at));
        if (count < 0) {
            error_ = errno;
            return;
        }
        const char* begin = buffer_.get();
        const char* end = begin + count;
        // The library compares many bytes at a time: each to its neighbour.
        if (count == 0 || (*begin == 0 && std::memcmp(begin, begin + 1, static_cast<std::size_t>(count) - 1) == 0)) {
            return;
        }
        const char* data = std::find_if(begin, end, [](char c) { return c != 0; });
        if (data != end) {
            found_ = at + static_cast<std::uint64_t>(data - begin);
        }
    }

    int fd_;
    std::uint64_t size_;
    std::unique_ptr<char, FreeMemory> buffer_;
    std::optional<std::uint64_t> found_;
    int error_ = 0;
};

void read_data(const DeviceSystem& system, int fd, Reading reading, DeviceContent& content) {
    const auto size = device_size(fd);
    if (!size) {
        content.read_error = size.error().errno_value().value_or(EIO);
        return;
    }
    // Past the page cache, which is another's: not every file can.
    const auto direct = system.open(fmt::format("/proc/self/fd/{}", fd), O_RDONLY | O_DIRECT | O_NONBLOCK);
    BlankCheck check(direct ? direct->get() : fd, *size);
    content.data_at = check.first_data(reading);
    if (check.error() != 0) {
        content.read_error = check.error();
    }
}

/// One of them, here and now.
DeviceContent read_content(const DeviceSystem& system, const ContentQuestion& question) {
    DeviceContent content;
    content.answered = true;
    // Neither waits for a medium nor draws one in.
    Result<Fd> fd = fail(Fault::broken, "");
    if (question.exclusive) {
        fd = system.open(question.path, O_RDONLY | O_NONBLOCK | O_EXCL);
        content.busy = !fd && fd.error().errno_value() == EBUSY;
    }
    if (!fd) {
        fd = system.open(question.path, O_RDONLY | O_NONBLOCK);
    }
    if (!fd) {
        content.open_error = fd.error().errno_value().value_or(EIO);
        return content;
    }
    const auto target = system.look_at(fd->get());
    if (!target || target->kind != PathTarget::Kind::block || target->device != question.number) {
        content.open_error = ENODEV;
        return content;
    }
    auto header = read_device_header(fd->get());
    if (header) {
        content.header = *header;
    } else if (!header.error().errno_value()) {
        content.void_header = header.error().chain().back();
    }
    read_signatures(fd->get(), content);
    if (question.reading != Reading::signatures && !content.header && content.signatures.empty() &&
        content.read_error == 0) {
        read_data(system, fd->get(), question.reading, content);
    }
    return content;
}

// What the process that reads tells: fields between unit separators, a line for each fact, as in "3<US>data<US>4096".
constexpr char kBetween = '\x1f';

std::string join(const std::vector<std::string>& fields) {
    std::string line;
    for (const std::string& field : fields) {
        line += (line.empty() ? "" : std::string(1, kBetween)) + field;
    }
    return line + '\n';
}

std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> fields;
    std::size_t begin = 0;
    for (auto end = line.find(kBetween); end != std::string::npos; end = line.find(kBetween, begin)) {
        fields.push_back(line.substr(begin, end - begin));
        begin = end + 1;
    }
    fields.push_back(line.substr(begin));
    return fields;
}

std::uint64_t count_in(const std::string& text) { return number_in<std::uint64_t>(text).value_or(0); }

std::string as_lines(std::size_t index, const DeviceContent& content) {
    const std::string which = std::to_string(index);
    std::string lines;
    lines += join({which, "state", std::to_string(content.open_error), content.busy ? "1" : "0",
                   std::to_string(content.read_error)});
    for (const Signature& each : content.signatures) {
        lines += join({which, "signature", each.type, each.usage, each.label, each.uuid});
    }
    if (content.data_at) {
        lines += join({which, "data", std::to_string(*content.data_at)});
    }
    if (content.header) {
        lines += join({which, "header", std::to_string(content.header->size), to_hex(encode(*content.header))});
    }
    if (!content.void_header.empty()) {
        lines += join({which, "void", printable(content.void_header)});
    }
    return lines + join({which, "done"});
}

void heed(const std::vector<std::string>& fields, ContentAnswers& answers) {
    if (fields.size() == 6 && fields[0] == "map") {
        answers.mapped.push_back(
            {fields[1], fields[2], parse_device_number(fields[3]).value_or(DeviceNumber{}), "", fields[4], true});
        return;
    }
    if (fields[0] == "mapped") {
        answers.mappings_answered = true;
        return;
    }
    const std::uint64_t index = count_in(fields[0]);
    if (fields.size() < 2 || index >= answers.devices.size()) {
        return;
    }
    DeviceContent& content = answers.devices[index];
    if (fields[1] == "state" && fields.size() == 5) {
        content.open_error = static_cast<int>(count_in(fields[2]));
        content.busy = fields[3] == "1";
        content.read_error = static_cast<int>(count_in(fields[4]));
    } else if (fields[1] == "signature" && fields.size() == 6) {
        content.signatures.push_back({fields[2], fields[3], fields[4], fields[5]});
    } else if (fields[1] == "data" && fields.size() == 3) {
        content.data_at = count_in(fields[2]);
    } else if (fields[1] == "header" && fields.size() == 4) {
        content.header =
            decode_device_header(from_hex(fields[3]).value_or(""), count_in(fields[2])).value_or(std::nullopt);
    } else if (fields[1] == "void" && fields.size() == 3) {
        content.void_header = fields[2];
    } else if (fields[1] == "done") {
        content.answered = true;
    }
}

void answer_all(const HostRoots& roots, const DeviceSystem& system, const std::vector<ContentQuestion>& questions,
                int out) {
    std::atomic<std::size_t> next = 0;
    std::mutex writing;
    const auto tell = [&](const std::string& lines) {
        const std::scoped_lock lock(writing);
        static_cast<void>(write_all(out, lines));
    };
    const auto read_some_of_them = [&] {
        for (std::size_t i = next++; i < questions.size(); i = next++) {
            tell(as_lines(i, read_content(system, questions[i])));
        }
    };
    std::vector<std::thread> readers;
    for (unsigned i = 0; i < kReaders && i < questions.size(); ++i) {
        readers.emplace_back(read_some_of_them);
    }
    std::string lines;
    for (const OpenDevice& each : scan_mappings(roots, system)) {
        lines += join({"map", each.pid, printable(each.comm), text(each.device), each.where, ""});
    }
    tell(lines + join({"mapped"}));
    for (std::thread& reader : readers) {
        reader.join();
    }
}

/// Heeds the lines that have come whole, and leaves the rest.
void heed_lines(std::string& text, ContentAnswers& answers) {
    std::size_t begin = 0;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
        heed(fields_of(text.substr(begin, end - begin)), answers);
        begin = end + 1;
    }
    text.erase(0, begin);
}

}  // namespace

Result<ContentAnswers> look_at_content(const HostRoots& roots, const DeviceSystem& system,
                                       const std::vector<ContentQuestion>& questions,
                                       std::chrono::milliseconds patience) {
    const pid_t us = ::getpid();
    const auto child = fork_teller(
        [&](int out) {
            die_with(us);
            answer_all(roots, system, questions, out);
            return 0;
        },
        "starting to read the devices");
    if (!child) {
        return fail(child.error());
    }
    ContentAnswers answers;
    answers.devices.resize(questions.size());
    std::string text;
    (void)hear_out(*child, Deadline::after(patience), [&](std::string_view piece) {
        text += piece;
        heed_lines(text, answers);
    });
    return answers;
}

}  // namespace blkhang
