// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <unordered_map>

namespace blkhang {

/// What tasks are called, by what was seen of them: to ask /proc may take memory, which a machine that hangs has not.
class TaskNames {
public:
    static constexpr std::size_t kRoom = 16;
    using Name = std::array<char, kRoom>;

    /// Those that are there now.
    void read(const std::filesystem::path& proc = "/proc");
    void learn(std::uint32_t pid, std::string_view name);
    void forget(std::uint32_t pid) { names_.erase(pid); }
    /// Ends with zeros; empty if it was never seen.
    [[nodiscard]] Name name(std::uint32_t pid) const;

private:
    std::unordered_map<std::uint32_t, Name> names_;
};

}  // namespace blkhang
