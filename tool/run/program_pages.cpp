// SPDX-License-Identifier: GPL-2.0-only
#include "run/program_pages.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

// Where the program's zeroed memory begins and ends, by the linker (end(3)).
extern "C" char __bss_start, end;  // NOLINT(readability-identifier-naming): the linker's names

namespace blkhang {
namespace {

struct Range {
    std::uintptr_t begin, end;
    [[nodiscard]] bool contains(const Range& other) const { return begin <= other.begin && other.end <= end; }
};

std::uintptr_t page_of(std::uintptr_t address) {
    return address & ~(static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE)) - 1);
}
std::uintptr_t next_page_of(std::uintptr_t address) {
    return page_of(address + static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE)) - 1);
}

/// Code and constants. What was written to when the program was linked at its start is none of it, though it can be
/// written to no longer: those pages are not in its file.
std::vector<Range> file_ranges() {
    std::vector<Range> ranges;
    ::dl_iterate_phdr(
        [](dl_phdr_info* object, std::size_t /*size*/, void* found) {
            for (int i = 0; i < object->dlpi_phnum; ++i) {
                const auto& part = object->dlpi_phdr[i];
                if (part.p_type == PT_LOAD && (part.p_flags & PF_W) == 0) {
                    const auto begin = object->dlpi_addr + part.p_vaddr;
                    static_cast<std::vector<Range>*>(found)->push_back(
                        {page_of(begin), next_page_of(begin + part.p_memsz)});
                }
            }
            return 0;
        },
        &ranges);
    return ranges;
}

/// Without the first page, which holds data as well, and is of the file.
Range zeroed_range() {
    return {next_page_of(reinterpret_cast<std::uintptr_t>(&__bss_start)),
            next_page_of(reinterpret_cast<std::uintptr_t>(&end))};
}

/// What can be read at all, line by line of /proc/self/maps.
Result<std::vector<Range>> mappings() {
    const auto text = read_file("/proc/self/maps");
    if (!text) {
        return fail(text.error());
    }
    std::vector<Range> ranges;
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);) {
        const auto* const stop = line.data() + line.size();
        Range range{};
        const auto begin = std::from_chars(line.data(), stop, range.begin, 16);
        if (begin.ec != std::errc{} || begin.ptr == stop || *begin.ptr != '-') {
            return fail(Fault::broken, "/proc/self/maps: " + line);
        }
        const auto end = std::from_chars(begin.ptr + 1, stop, range.end, 16);
        if (end.ec == std::errc{} && std::string_view(end.ptr, stop).starts_with(" r")) {
            ranges.push_back(range);
        }
    }
    return ranges;
}

/// How much comes into memory with a page of the program that is touched. Left to itself the kernel brings in 64 KiB
/// around it (fault_around_bytes), so that nearly the whole program would be locked.
constexpr std::uintptr_t kAround = 8 << 10;

void* memory_at(std::uintptr_t address) {
    return reinterpret_cast<void*>(address);  // NOLINT(performance-no-int-to-ptr): it comes from the kernel
}

/// The kernel brings in nothing beyond a mapping's end. What is to be left out of a dump is a mapping of its own.
void split(const Range& range) {
    for (auto begin = range.begin; begin < range.end; begin += 2 * kAround) {
        ::madvise(memory_at(begin), std::min(kAround, range.end - begin), MADV_DONTDUMP);
    }
}

}  // namespace

Status lock_touched_memory() {
    const auto file = file_ranges();
    const auto zeroed = zeroed_range();
    for (const auto& range : file) {
        split(range);
        ::madvise(memory_at(range.begin), range.end - range.begin, MADV_DONTNEED);
    }
    const auto mapped = mappings();
    if (!mapped) {
        return fail(mapped.error());
    }
    if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
        // Before 4.4 nothing is locked as it is touched: then all is, at once.
        return errno == EINVAL && ::mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? Status{} : fail_errno("locking memory");
    }
    for (const auto& range : *mapped) {
        const bool as_touched = zeroed.contains(range) ||
                                std::ranges::any_of(file, [&](const Range& part) { return part.contains(range); });
        if (!as_touched) {
            // What has no memory behind it, as beyond the end of a file, is passed over, as mlockall(2) does.
            ::mlock(memory_at(range.begin), range.end - range.begin);
        }
    }
    return ::mlockall(MCL_FUTURE) == 0 ? Status{} : fail_errno("locking memory");
}

void end_touching() {
    for (const auto& range : file_ranges()) {
        ::madvise(memory_at(range.begin), range.end - range.begin, MADV_DODUMP);
    }
}

}  // namespace blkhang
