// SPDX-License-Identifier: GPL-2.0-only
#include "run/meter.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/io_flusher.h"
#include "klog/kernel_text.h"
#include "klog/kmsg.h"

namespace blkhang {
namespace {

constexpr auto kPeriod = std::chrono::milliseconds(200);

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) { return kernel_text::leading_count(text); }

std::optional<std::uint64_t> vmstat_value(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
            return kernel_text::leading_count(line.substr(key.size() + 1));
        }
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return std::nullopt;
}

Result<Meter*> Meter::start(std::vector<ByteCount> byte_counts) {
    Fd vmstat{::open("/proc/vmstat", O_RDONLY | O_CLOEXEC)};
    Fd kmsg{::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    if (!vmstat.valid() || !kmsg.valid()) {
        return fail_errno("opening /proc/vmstat and /dev/kmsg");
    }
    return start(std::move(vmstat), std::move(kmsg), std::move(byte_counts));
}

Meter* Meter::start(Fd vmstat, Fd kmsg, std::vector<ByteCount> byte_counts) {
    return new Meter(std::move(vmstat), std::move(kmsg), std::move(byte_counts));
}

Meter::Meter(Fd vmstat, Fd kmsg, std::vector<ByteCount> byte_counts)
    : vmstat_(std::move(vmstat)), kmsg_(std::move(kmsg)) {
    read_pages();
    for (auto& source : byte_counts) {
        byte_counts_.emplace_back(std::move(source));
    }
    messages_.reserve(kMostMessages);
    keep_reading(&Meter::read_messages);
    keep_reading(&Meter::read_pages);
    keep_reading(&Meter::read_byte_counts);
}

/// On a thread that is made here: none can be made any more once the load runs.
void Meter::keep_reading(void (Meter::*read)()) {
    std::thread([this, read] {
        static_cast<void>(
            become_io_flusher());  // of each thread its own: else its reclaim swaps, and waits with the rest
        for (;;) {
            (this->*read)();
            std::this_thread::sleep_for(kPeriod);
        }
    }).detach();
}

/// What cannot be read keeps its last value.
void Meter::read_pages() {
    std::array<char, 16384> buffer{};
    const auto length = ::pread(vmstat_.get(), buffer.data(), buffer.size(), 0);
    const std::string_view text{buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
    if (const auto swapped_out = vmstat_value(text, "pswpout")) {
        first_swapped_out_ = first_swapped_out_.value_or(*swapped_out);
        swapped_out_ = *swapped_out - *first_swapped_out_;
    }
    if (const auto free = vmstat_value(text, "nr_free_pages")) {
        free_pages_ = *free;
    }
}

void Meter::read_byte_counts() {
    std::array<char, 4096> buffer{};
    for (auto& [source, bytes] : byte_counts_) {
        const auto length = ::pread(source.file.get(), buffer.data(), buffer.size(), 0);
        if (length > 0) {
            if (const auto number = source.parse({buffer.data(), static_cast<std::size_t>(length)})) {
                bytes = *number;
            }
        }
    }
}

void Meter::each_byte_count(const std::function<void(const std::string&, std::uint64_t)>& sink) const {
    for (const auto& [source, bytes] : byte_counts_) {
        if (const std::uint64_t number = bytes; number != kUnknown && !source.guest) {
            sink(source.name, number);
        }
    }
}

void Meter::each_guest(const std::function<void(std::uint32_t, std::uint64_t)>& sink) const {
    for (const auto& [source, bytes] : byte_counts_) {
        if (const std::uint64_t number = bytes; number != kUnknown && source.guest) {
            sink(*source.guest, number);
        }
    }
}

void Meter::read_messages() {
    std::array<char, 8192> buffer{};
    for (;;) {
        const auto length = ::read(kmsg_.get(), buffer.data(), buffer.size());
        if (length < 0 && errno == EPIPE) {  // overwritten: the next read goes on behind what is lost
            ++missed_messages_;
            continue;
        }
        if (length <= 0) {
            return;
        }
        auto message = parse_kmsg({buffer.data(), static_cast<std::size_t>(length)});
        const std::scoped_lock guard(lock_);
        if (message && messages_.size() < kMostMessages) {
            messages_.push_back({message->at_ns, message->level, std::move(message->text)});
        } else if (message) {
            ++missed_messages_;
        }
    }
}

/// Where records can be read, there is nothing to be sought but their beginning and end (devkmsg_llseek(),
/// kernel/printk); before, any place would do (noop_llseek()).
bool Meter::reads_messages() const { return ::lseek(kmsg_.get(), 1, SEEK_SET) < 0; }

void Meter::take_messages(std::vector<seen::Kmsg>& messages) {
    messages.clear();
    if (const std::unique_lock guard(lock_, std::try_to_lock); guard) {
        messages.swap(messages_);
    }
}

}  // namespace blkhang
