// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "guest/progress.h"
#include "matrix/directory.h"
#include "matrix/executor.h"
#include "minimize/search.h"

namespace blkhang {

/// When a load counts as one that still hangs, and how much may be spent on that.
struct MinimizeTerms {
    std::uint32_t need = 3;     ///< boots that have to hang...
    std::uint32_t boots = 4;    ///< ...of so many that say something
    std::uint32_t confirm = 5;  ///< boots of the result, at the end
    std::uint32_t most = 60;    ///< boots in all, those included
    std::uint32_t jobs = 1;     ///< guests at once
};

/// One question, and how its boots came out.
struct MinimizeStep {
    std::string without;
    std::uint32_t hung = 0, stood = 0;  ///< boots; whatever is no hang stood
    std::uint32_t broke = 0;            ///< errors, which say nothing
    StillHangs answer = StillHangs::unknown;
};

/// Asks by booting guests, as a matrix does and with its executor, in a directory:
///
///     steps/NN/profile.toml   what was asked
///     steps/NN/rounds/R/      a matrix of some boots
///
/// What is there already is not booted again: that is how it is resumed.
class Boots {
public:
    /// `kernel` is KERNEL[,plant=NAME]. The executor outlives it.
    Boots(std::filesystem::path directory, std::string kernel, const MinimizeTerms& terms, Executor& executor,
          Progress::Kind progress, MatrixDirectory::Kernels trust)
        : directory_(std::move(directory)),
          kernel_(std::move(kernel)),
          terms_(terms),
          executor_(executor),
          progress_(progress),
          trust_(trust) {}

    /// Boots until it is decided: as few as can be. An error if it was interrupted, or if nothing boots at all.
    Result<StillHangs> ask(const Profile& profile, const std::string& without);
    /// Boots it `confirm` times, whatever comes of it.
    Result<MinimizeStep> confirm(const Profile& profile);

    [[nodiscard]] const std::vector<MinimizeStep>& steps() const { return steps_; }
    [[nodiscard]] std::uint32_t booted() const { return booted_; }

private:
    /// Of the step that comes next: so many boots more, counted in `step`.
    Status boot(const std::filesystem::path& where, std::uint32_t round, std::uint32_t boots, MinimizeStep& step);
    Result<std::filesystem::path> begin(const Profile& profile);

    std::filesystem::path directory_;
    std::string kernel_;
    MinimizeTerms terms_;
    Executor& executor_;
    Progress::Kind progress_;
    MatrixDirectory::Kernels trust_;
    std::vector<MinimizeStep> steps_;
    std::uint32_t booted_ = 0;
    std::uint32_t begun_ = 0;
};

/// Is it decided by now whether `need` of `boots` hang? Pure.
StillHangs decided(const MinimizeStep& step, const MinimizeTerms& terms);
/// Boots that are worth starting at once, none once it is decided: as many as are needed to hang still, or can still
/// fail.
std::uint32_t boots_to_start(const MinimizeStep& step, const MinimizeTerms& terms);

}  // namespace blkhang
