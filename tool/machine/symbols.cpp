// SPDX-License-Identifier: GPL-2.0-only
#include "machine/symbols.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"

namespace blkhang {
namespace {

/// Data symbols that probes need the address of. Keeping all of them would double the memory for nothing.
constexpr std::string_view kDataSymbols[] = {"pcpu_alloc_mutex"};

/// What the bytes before a function are called that calls may be patched into (CONFIG_CALL_PADDING, 6.2): as many
/// symbols as there are functions, with longer names.
constexpr std::string_view kPaddingPrefix = "__pfx_";

struct Line {
    std::uint64_t address = 0;
    char type = 0;
    std::string_view name, module;
};

std::string_view next_word(std::string_view& text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
        text = {};
        return {};
    }
    text.remove_prefix(begin);
    const auto end = std::min(text.find_first_of(" \t"), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(end);
    return word;
}

/// `ffffffff81000000 T name [module]`
std::optional<Line> parse_line(std::string_view text) {
    Line line;
    const auto address = next_word(text);
    const auto type = next_word(text);
    line.name = next_word(text);
    line.module = next_word(text);
    const auto parsed = std::from_chars(address.data(), address.data() + address.size(), line.address, 16);
    if (parsed.ec != std::errc{} || type.size() != 1 || line.name.empty()) {
        return std::nullopt;
    }
    line.type = type[0];
    return line;
}

bool is_function(char type) { return type == 't' || type == 'T' || type == 'w' || type == 'W'; }

}  // namespace

Result<Symbols> Symbols::load(const std::filesystem::path& kallsyms) {
    auto text = read_file(kallsyms);
    if (!text) {
        return fail_within(text.error(), "reading the kernel's symbols");
    }
    return parse(*text);
}

Symbols Symbols::parse(std::string_view kallsyms) {
    Symbols symbols;
    symbols.text_.push_back('\0');
    std::map<std::string, std::uint32_t, std::less<>> modules;
    std::vector<std::uint64_t> paddings;
    const auto keep = [&](std::string_view name) {
        const auto offset = static_cast<std::uint32_t>(symbols.text_.size());
        symbols.text_.append(name).push_back('\0');
        return offset;
    };
    while (!kallsyms.empty()) {
        const auto end = std::min(kallsyms.find('\n'), kallsyms.size());
        const auto line = parse_line(kallsyms.substr(0, end));
        kallsyms.remove_prefix(std::min(end + 1, kallsyms.size()));
        if (!line || line->address == 0) {
            continue;
        }
        if (!is_function(line->type)) {
            if (std::ranges::find(kDataSymbols, line->name) != std::end(kDataSymbols)) {
                symbols.data_.emplace(line->name, line->address);
            }
            continue;
        }
        if (line->name.starts_with(kPaddingPrefix)) {
            paddings.push_back(line->address);
            continue;
        }
        auto module = modules.find(line->module);
        if (module == modules.end()) {
            module = modules.emplace(line->module, line->module.empty() ? 0 : keep(line->module)).first;
        }
        symbols.functions_.push_back(
            {.address = line->address, .name = keep(line->name), .module = module->second, .padded = 0});
    }
    symbols.text_.shrink_to_fit();
    symbols.functions_.shrink_to_fit();
    std::ranges::stable_sort(symbols.functions_, {}, &Function::address);
    symbols.note_paddings(std::move(paddings));
    return symbols;
}

/// All of a kernel are of one size. One of another is left to the function before it.
void Symbols::note_paddings(std::vector<std::uint64_t> begins) {
    std::ranges::sort(begins);
    for (auto& function : functions_) {
        const auto after = std::ranges::lower_bound(begins, function.address);
        if (after == begins.begin()) {
            continue;
        }
        const auto bytes = function.address - *std::prev(after);
        padding_ = padding_ == 0 ? bytes : padding_;
        function.padded = bytes == padding_ ? 1 : 0;
    }
}

std::optional<std::uint64_t> Symbols::address(std::string_view name) const {
    if (const auto data = data_.find(name); data != data_.end()) {
        return data->second;
    }
    for (const auto& function : functions_) {
        if (name == &text_[function.name]) {
            return function.address;
        }
    }
    return std::nullopt;
}

bool Symbols::has_function(std::string_view name) const {
    return std::ranges::any_of(functions_, [&](const Function& function) { return name == &text_[function.name]; });
}

bool Symbols::has_function_beginning(std::string_view name) const {
    return std::ranges::any_of(functions_, [&](const Function& function) {
        return std::string_view{&text_[function.name]}.starts_with(name);
    });
}

std::string_view Symbols::compiled_variant(std::string_view name) const {
    std::string_view found;
    for (const auto& function : functions_) {
        const std::string_view variant = &text_[function.name];
        if (!variant.starts_with(name) ||
            (!variant.substr(name.size()).starts_with(".isra.") &&
             !variant.substr(name.size()).starts_with(".constprop.")) ||
            variant.find(".part.") != std::string_view::npos || variant.find(".cold") != std::string_view::npos) {
            continue;
        }
        if (!found.empty() && found != variant) {
            return {};
        }
        found = variant;
    }
    return found;
}

const Symbols::Function* Symbols::find(std::uint64_t address) const {
    const auto after = std::ranges::upper_bound(functions_, address, {}, &Function::address);
    return after == functions_.begin() ? nullptr : &*std::prev(after);
}

std::string_view Symbols::function_at(std::uint64_t address) const {
    const auto* function = find(address);
    return function == nullptr ? std::string_view{} : std::string_view{&text_[function->name]};
}

std::string Symbols::describe(std::uint64_t address) const {
    const auto* function = find(address);
    if (function == nullptr) {
        return fmt::format("{:#x}", address);
    }
    const auto* next = function + 1;
    const auto* end = functions_.data() + functions_.size();
    while (next != end && next->address == function->address) {
        ++next;
    }
    auto text = fmt::format("{}+{:#x}", &text_[function->name], address - function->address);
    if (next != end) {
        text += fmt::format("/{:#x}", next->address - (next->padded != 0 ? padding_ : 0) - function->address);
    }
    if (function->module != 0) {
        text += fmt::format(" {}", &text_[function->module]);
    }
    return text;
}

}  // namespace blkhang
