// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/bounded_log.h"

#include <fmt/format.h>

#include "base/file.h"

namespace blkhang {

std::string BoundedLog::file_name(std::string_view name, std::uint64_t number) {
    return number == 0 ? std::string(name) : fmt::format("{}.{}", name, number);
}

std::vector<std::uint64_t> BoundedLog::present(const Directory& directory, std::string_view name, std::uint64_t files) {
    std::vector<std::uint64_t> numbers;
    for (const std::uint64_t number : {std::uint64_t{0}, files - 2, files - 1}) {
        const bool makes_sense = number < files && (numbers.empty() || number > numbers.back());
        if (makes_sense && directory.has(file_name(name, number))) {
            numbers.push_back(number);
        }
    }
    return numbers;
}

Status BoundedLog::append(const Directory& directory, std::string_view line) {
    const std::uint64_t room = next_ <= 1 ? room_.beginning : room_.rest;
    if (!file_.valid() || size_ + line.size() > room) {
        // Before there is another: never more than there is room for.
        if (next_ >= 3) {
            const std::string oldest = file_name(name_, next_ - 2);
            given_way_ += directory.size(oldest, UINT64_MAX).value_or(0);
            if (auto removed = directory.remove(oldest.c_str()); !removed) {
                return removed;
            }
        }
        auto file = directory.create(file_name(name_, next_).c_str());
        if (!file) {
            return fail(file.error());
        }
        file_ = std::move(*file);
        size_ = 0;
        torn_ = false;
        ++next_;
    }
    const std::string text = torn_ ? fmt::format("\n{}", line) : std::string(line);
    if (auto written = write_all(file_.get(), text); !written) {
        torn_ = true;
        return fail_within(written.error(), (directory.path() / file_name(name_, next_ - 1)).string());
    }
    torn_ = false;
    size_ += text.size();
    return {};
}

}  // namespace blkhang
