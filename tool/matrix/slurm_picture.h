// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "base/result.h"
#include "matrix/slurm.h"

namespace blkhang {

/// Which tasks of a matrix are in Slurm's queue, as it was last asked: once a second at most, more seldom the more
/// tasks there are, for slurmctld serves others, too. A task that was submitted since is not in it.
class SlurmPicture {
public:
    /// `name`: of all jobs of the matrix.
    explicit SlurmPicture(std::string name) : name_(std::move(name)) {}

    /// Asks, however recent the last answer is. That slurmctld does not answer is an error, and changes nothing.
    Status ask();
    /// Asks if it is time to, with so many cells under way. No answer is told, and tried again when it is time.
    void refresh(std::size_t cells);
    /// It is time to now: something was submitted.
    void outdate() { asked_ns_ = 0; }

    [[nodiscard]] bool shows(const slurm::Task& task) const { return active_.contains(task); }
    /// How often refresh() has had an answer; another number, another picture.
    [[nodiscard]] std::uint64_t number() const { return number_; }

private:
    std::string name_;
    std::set<slurm::Task> active_;
    std::uint64_t number_ = 0, asked_ns_ = 0;  ///< 0: to be asked
};

}  // namespace blkhang
