// SPDX-License-Identifier: GPL-2.0-only
#include "publish/symbolize.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/process.h"
#include "klog/stack.h"
#include "publish/symbolize_elf.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Different frames that are asked about. addr2line keeps what it has read of each file's debug information: those of a
/// hang take it 280 MiB with Debian's image of 6.1, 4,000 from all over the kernel took 1.4 GiB.
constexpr std::size_t kMostFrames = 2048;
/// Of all of a kernel's debug information.
constexpr auto kSymbolsPatience = std::chrono::minutes(3);

struct Frame {
    std::string function;
    std::uint64_t offset = 0, size = 0;
};

bool take_hex(std::string_view& text, std::string_view before, std::uint64_t& value) {
    if (!text.starts_with(before)) {
        return false;
    }
    text.remove_prefix(before.size());
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return error == std::errc{};
}

/// Nothing for frames of modules and for bare addresses.
std::optional<Frame> frame_of(std::string_view text) {
    Frame frame{std::string(function_of(text))};
    text.remove_prefix(frame.function.size());
    const bool whole = take_hex(text, "+0x", frame.offset) && take_hex(text, "/0x", frame.size) && text.empty();
    return whole && !frame.function.empty() ? std::optional(frame) : std::nullopt;
}

using Functions = std::multimap<std::string, ElfFunction>;

/// The address of the call: a frame holds where it returns to, which may be on the next line. Nothing where several
/// functions fit.
Result<std::optional<std::uint64_t>> address_of(const Frame& frame, const Functions& functions, const fs::path& file) {
    const auto [first, last] = functions.equal_range(frame.function);
    std::optional<std::uint64_t> address;
    int fitting = 0;
    for (auto each = first; each != last; ++each) {
        const ElfFunction& function = each->second;
        if (frame.size == function.size || frame.size == function.extent) {
            address = function.address + frame.offset - (frame.offset > 0 ? 1 : 0);
            ++fitting;
        }
    }
    if (fitting > 0) {
        return fitting == 1 ? address : std::nullopt;
    }
    const std::string what = first == last ? fmt::format("it has no function {}", frame.function)
                                           : fmt::format("there {} is {:#x} bytes long, in the stacks {:#x}",
                                                         frame.function, first->second.extent, frame.size);
    return fail(Error(Fault::usage, fmt::format("--vmlinux {} is of another build: {}", file.string(), what))
                    .hint("the vmlinux of exactly the kernel that was run is needed"));
}

/// A function and a place for each level of inlining, innermost first.
struct Place {
    std::string function, line;
};

/// What addr2line printed for the addresses, in their order.
std::vector<std::vector<Place>> parse_places(std::string_view output) {
    std::vector<std::vector<Place>> places;
    std::optional<std::string> function;
    while (!output.empty()) {
        const auto end = std::min(output.find('\n'), output.size());
        const std::string_view line = output.substr(0, end);
        output.remove_prefix(std::min(end + 1, output.size()));
        if (line.starts_with("0x")) {
            places.emplace_back();
            function.reset();
        } else if (!function) {
            function = std::string(line);
        } else if (!places.empty()) {
            places.back().push_back({*function, std::string(line.substr(0, line.find(" (")))});
            function.reset();
        }
    }
    return places;
}

bool is_known(const Place& place) { return !place.line.starts_with("??"); }

/// Paths in debug information may begin with the directory that the kernel was built in. panic() is in kernel/panic.c.
std::string build_directory(const std::vector<Place>& panic) {
    constexpr std::string_view kPanic = "kernel/panic.c";
    const auto at = panic.empty() ? std::string::npos : panic.back().line.rfind(kPanic);
    return at == std::string::npos ? "" : panic.back().line.substr(0, at);
}

std::string in_tree(std::string line, const std::string& directory) {
    for (const std::string& prefix : {directory, std::string("./")}) {
        if (!prefix.empty() && line.starts_with(prefix)) {
            line.erase(0, prefix.size());
        }
    }
    // Assembly has its absolute path even where C has none; it lies below arch.
    const auto arch = line.starts_with('/') ? line.find("/arch/") : std::string::npos;
    return arch == std::string::npos ? line : line.substr(arch + 1);
}

std::vector<std::string> lines_of(const std::string& frame, const std::vector<Place>& places,
                                  const std::string& directory) {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i + 1 < places.size(); ++i) {
        lines.push_back(fmt::format("{} {} [inline]", places[i].function, in_tree(places[i].line, directory)));
    }
    lines.push_back(is_known(places.back()) ? fmt::format("{} {}", frame, in_tree(places.back().line, directory))
                                            : frame);
    return lines;
}

Result<std::vector<std::vector<Place>>> places_of(const std::vector<std::uint64_t>& addresses, const fs::path& file) {
    CommandOptions options;
    for (const std::uint64_t address : addresses) {
        options.input += fmt::format("{:#x}\n", address);
    }
    const auto output = command_stdout({"addr2line", "-a", "-f", "-i", "-e", fs::absolute(file).string()},
                                       Deadline::after(kSymbolsPatience), options);
    if (!output) {
        return fail_within(output.error(), fmt::format("--vmlinux {}", file.string()));
    }
    auto places = parse_places(*output);
    const bool whole = places.size() == addresses.size() &&
                       std::none_of(places.begin(), places.end(), [](const auto& each) { return each.empty(); });
    if (!whole) {
        return fail(Fault::broken,
                    fmt::format("--vmlinux {}: addr2line did not answer for all addresses", file.string()));
    }
    return places;
}

}  // namespace

Result<DecodedFrames> symbolize(const fs::path& vmlinux, const std::vector<Stack>& stacks) {
    const auto functions = elf_functions(vmlinux);
    if (!functions) {
        return fail_within(functions.error(), "--vmlinux");
    }
    std::map<std::string, std::uint64_t> wanted;
    for (const Stack& stack : stacks) {
        for (const std::string& text : without_watching(stack)) {
            const auto frame = frame_of(text);
            if (!frame || wanted.size() >= kMostFrames) {
                continue;
            }
            const auto address = address_of(*frame, *functions, vmlinux);
            if (!address) {
                return fail(address.error());
            }
            if (*address) {
                wanted.emplace(text, **address);
            }
        }
    }
    std::vector<std::uint64_t> addresses;
    addresses.reserve(wanted.size() + 1);
    for (const auto& [frame, address] : wanted) {
        addresses.push_back(address);
    }
    const auto panic = functions->find("panic");
    if (panic != functions->end()) {
        addresses.push_back(panic->second.address);
    }
    if (wanted.empty()) {
        return DecodedFrames{};
    }
    const auto places = places_of(addresses, vmlinux);
    if (!places) {
        return fail(places.error());
    }
    if (std::none_of(places->begin(), places->end(), [](const auto& each) { return is_known(each.back()); })) {
        return fail(Error(Fault::usage, fmt::format("--vmlinux {} has no line numbers", vmlinux.string()))
                        .hint("it was built without debug information (CONFIG_DEBUG_INFO), or lost it"));
    }
    const std::string directory = panic == functions->end() ? "" : build_directory(places->back());
    DecodedFrames decoded;
    std::size_t i = 0;
    for (const auto& [frame, address] : wanted) {
        decoded.emplace(frame, lines_of(frame, (*places)[i++], directory));
    }
    return decoded;
}

}  // namespace blkhang
