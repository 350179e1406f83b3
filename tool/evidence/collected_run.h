// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/directory.h"
#include "base/result.h"
#include "evidence/surviving_run.h"

namespace blkhang {

/// What a collector keeps of a run beside its lines: run.json in HOST/RUN.
struct CollectedRun {
    std::string host, boot, run;  ///< ids in digits
    std::string from;             ///< the address that it came from last
    std::string began, latest;    ///< UTC, by the collector's clock
    std::optional<SeenAt> first, last;
    std::uint64_t next = 1;  ///< number of the datagram that is expected
    std::uint64_t datagrams = 0, duplicates = 0, late = 0;
    struct Gap {
        std::uint64_t first, last;
    };
    std::vector<Gap> gaps;      ///< numbers of datagrams, the first kMostGaps
    std::uint64_t missing = 0;  ///< datagrams in all gaps
    std::uint64_t torn = 0;     ///< lines of which a part is missing
    std::uint64_t lost = 0;     ///< lines that did not leave the host
    std::uint64_t proofs = 0;
    std::uint64_t not_kept = 0;   ///< lines that could not be written
    std::uint64_t given_way = 0;  ///< bytes of lines that gave way to later ones
    std::uint64_t files = 0;      ///< of lines, that there have been

    static constexpr std::size_t kMostGaps = 1000;
    static constexpr const char* kFile = "run.json";
    static constexpr const char* kLines = "events.ndjson";
};
std::string encode(const CollectedRun& run);
Result<CollectedRun> decode_collected_run(std::string_view json);
/// Of the directory of one run.
Result<CollectedRun> read_collected_run(const Directory& directory);

/// What a collector's directory holds of the hosts, or of that one: `hosts/HOST/RUN`. What is damaged is skipped, and
/// told in `problems`.
Result<std::vector<SurvivingRun>> read_collected(const Directory& directory, const std::string& host,
                                                 std::vector<std::string>& problems);

}  // namespace blkhang
