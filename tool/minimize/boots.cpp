// SPDX-License-Identifier: GPL-2.0-only
#include "minimize/boots.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/directory.h"
#include "base/signals.h"
#include "matrix/run.h"
#include "profile/profile_toml.h"
#include "record/files.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Emulated guests break now and then, and more often on a busy machine.
constexpr std::uint32_t kManyBroken = 4;

/// One below the other, over no link: whoever resumes may have it from a stranger.
Result<Directory> made_below(const fs::path& directory, std::initializer_list<std::string> names) {
    auto at = Directory::make(directory);
    for (const std::string& name : names) {
        at = at ? at->make_below(name) : fail(at.error());
    }
    return at;
}

std::uint32_t booted_in(const MinimizeStep& step) { return step.hung + step.stood + step.broke; }

void count(const Matrix& done, MinimizeStep& step) {
    for (const CellResult& cell : done.cells) {
        if (cell.verdict == Verdict::error || cell.verdict == Verdict::unsupported) {
            ++step.broke;
        } else if (cell.verdict == Verdict::hang) {
            ++step.hung;
        } else {
            ++step.stood;
        }
    }
}

}  // namespace

StillHangs decided(const MinimizeStep& step, const MinimizeTerms& terms) {
    if (step.hung >= terms.need) {
        return StillHangs::yes;
    }
    return step.stood > terms.boots - terms.need ? StillHangs::no : StillHangs::unknown;
}

std::uint32_t boots_to_start(const MinimizeStep& step, const MinimizeTerms& terms) {
    if (decided(step, terms) != StillHangs::unknown) {
        return 0;
    }
    return std::min({terms.jobs, terms.need - step.hung, terms.boots - terms.need + 1 - step.stood});
}

Result<fs::path> Boots::begin(const Profile& profile) {
    const auto directory = made_below(directory_, {"steps", fmt::format("{:02}", ++begun_)});
    if (!directory) {
        return fail(directory.error());
    }
    const std::string text = to_toml(profile);
    if (!directory->has(files::kProfile)) {
        if (auto written = directory->replace(files::kProfile, text); !written) {
            return fail(written.error());
        }
    } else if (const auto stored = directory->read(files::kProfile, files::kLargestText); !stored || *stored != text) {
        return fail(Error(Fault::usage, fmt::format("{} is of another minimisation", directory->path().string()))
                        .hint("name another directory with --out"));
    }
    return directory->path();
}

Status Boots::boot(const fs::path& where, std::uint32_t round, std::uint32_t boots, MinimizeStep& step) {
    const auto made = made_below(where, {"rounds", std::to_string(round)});
    if (!made) {
        return fail(made.error());
    }
    const fs::path& path = made->path();
    std::error_code none;
    auto directory = fs::exists(path / files::kMatrixRequest, none)
                         ? MatrixDirectory::reopen(path, trust_)
                         : MatrixDirectory::create(path, {.kernels = {kernel_},
                                                          .profiles = {fs::absolute(where / files::kProfile).string()},
                                                          .plants = {},
                                                          .sets = {},
                                                          .duration = {},
                                                          .repeat = boots,
                                                          .jobs = boots,
                                                          .calibrate = false,
                                                          .before = {},
                                                          .after = {},
                                                          .deadline = {}});
    if (!directory) {
        return fail(directory.error());
    }
    const auto done = run_matrix(*directory, executor_, progress_);
    if (!done) {
        return fail(done.error());
    }
    if (interrupted() || done->cells.size() < done->planned) {
        return fail(Error(Fault::broken, "interrupted").hint("go on with the same command and --resume"));
    }
    booted_ += done->planned;
    count(*done, step);
    return {};
}

Result<StillHangs> Boots::ask(const Profile& profile, const std::string& without) {
    MinimizeStep step{.without = without};
    const auto left = [&] { return terms_.most - std::min(terms_.most, booted_ + terms_.confirm); };
    if (left() == 0) {
        return StillHangs::unknown;
    }
    const auto where = begin(profile);
    if (!where) {
        return fail(where.error());
    }
    // Where so many broke, the kernel or this machine is not fit for it.
    for (std::uint32_t round = 1; step.broke < std::max(terms_.boots, kManyBroken); ++round) {
        const auto boots = std::min(boots_to_start(step, terms_), left());
        if (boots == 0) {
            break;
        }
        if (auto booted = boot(*where, round, boots, step); !booted) {
            return fail(booted.error());
        }
    }
    step.answer = decided(step, terms_);
    steps_.push_back(step);
    return step.answer;
}

Result<MinimizeStep> Boots::confirm(const Profile& profile) {
    MinimizeStep step{.without = "the result"};
    const auto where = begin(profile);
    if (!where) {
        return fail(where.error());
    }
    // A round that was booted before may have been of fewer at once, or of more.
    for (std::uint32_t round = 1; booted_in(step) < terms_.confirm; ++round) {
        const auto boots = std::min(terms_.jobs, terms_.confirm - booted_in(step));
        if (auto booted = boot(*where, round, boots, step); !booted) {
            return fail(booted.error());
        }
    }
    step.answer = step.hung > step.stood ? StillHangs::yes : StillHangs::no;
    return step;
}

}  // namespace blkhang
