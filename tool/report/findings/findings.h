// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "record/tally.h"
#include "report/export/test_results.h"
#include "report/findings/signature.h"
#include "report/text/record.h"

namespace blkhang {

/// A cycle by its signature, over all kernels and records in which it was seen.
struct KnownFinding {
    CycleSignature signature;
    Verdict verdict = Verdict::hazard;  ///< the worst that it came to
    std::string told;                   ///< the sentence of the first record that shows it so
    std::string record;                 ///< that record, as the reader knows it
    /// Where it was seen: one kernel with one profile.
    struct Seen {
        std::string kernel, release, profile;
        FailureRate rate;         ///< of all runs of the two that said something; those that failed otherwise passed
        std::string first, last;  ///< when the first and the last of its runs were: UTC, ISO 8601; empty if unknown
    };
    std::vector<Seen> seen;
};

/// Puts together what records and matrices show. Nothing planted is a finding, and copies of a run count once.
class Findings {
public:
    /// `directory` is where the results are from, as the reader knows it.
    void add(const TestResults& results, const std::string& directory);

    /// Those that hang first, then those that were seen most.
    [[nodiscard]] std::vector<KnownFinding> all() const;
    [[nodiscard]] std::size_t runs() const { return runs_; }  ///< that said something
    [[nodiscard]] std::size_t unexplained() const {
        return unexplained_;
    }  ///< failed, and left no record that tells how

private:
    struct Place {
        std::string kernel, release, profile;
        // clang-tidy 14 takes the comparison with 0 that it implies for one of ours.
        auto operator<=>(const Place&) const = default;  // NOLINT(modernize-use-nullptr)
    };
    struct Count {
        std::uint32_t runs = 0;
        std::string first, last;
    };
    struct Entry {
        KnownFinding finding;
        std::map<Place, Count> places;
    };
    void add(const TestCase& test, const Place& place, const std::string& record);

    std::map<std::string, Entry> entries_;       ///< by signature
    std::map<Place, std::uint32_t> conclusive_;  ///< runs
    std::unordered_set<std::string> runs_seen_;
    std::size_t runs_ = 0, unexplained_ = 0;
};

/// For reading: each with its kernels, rates, when it was seen, and by what it is closed.
std::string render_findings(const Findings& findings, const TextOptions& options);
/// The same for programs.
std::string encode(const Findings& findings);

}  // namespace blkhang
