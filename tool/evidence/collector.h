// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/directory.h"
#include "base/result.h"
#include "evidence/bounded_log.h"
#include "evidence/collected_run.h"
#include "evidence/reassembly.h"
#include "evidence/seal.h"

namespace blkhang {

struct CollectorSettings {
    std::string key;
    bool netconsole = false;                         ///< take text that is no datagram of ours for that of a netconsole
    BoundedLog::Room run;                            ///< of the lines of one run
    std::uint64_t host = std::uint64_t{128} << 20U;  ///< bytes of one host's runs
    std::uint64_t total = std::uint64_t{8} << 30U;   ///< bytes of all
    std::size_t runs = 256;                          ///< that are followed at once
    std::size_t hosts = 4096;                        ///< that anything is kept of
    std::size_t netconsoles = 256;                   ///< addresses that text is taken from
};

/// What came in, of all hosts.
struct CollectorCounts {
    std::uint64_t datagrams = 0;        ///< of hosts that have the key
    std::uint64_t duplicates = 0;       ///< of these: that were there already
    std::uint64_t missing = 0;          ///< that are known not to have come
    std::uint64_t unauthenticated = 0;  ///< that anybody may have sent: not kept
    std::uint64_t refused = 0;          ///< that had the key, and a name or a number that makes no sense
    std::uint64_t no_room = 0;          ///< that there was no room for, or that could not be written
    std::uint64_t netconsole = 0;       ///< texts that were taken for a netconsole's
};

/// Keeps what hosts send of themselves while they freeze: `hosts/HOST/RUN/events.ndjson`, and what is known of it in
/// run.json. All that comes is a stranger's until its seal is good, and even then data. Bounded on disk and in memory.
class Collector {
public:
    /// Takes what is worth a line, in words.
    using Says = std::function<void(const std::string& text)>;

    static Result<Collector> open(const std::filesystem::path& path, CollectorSettings settings, Says says);

    /// A datagram came from this address.
    void datagram(std::string_view bytes, const std::string& from, std::uint64_t now_ns);
    /// From time to time: gives up what is missing, writes what is known, tells who has fallen silent.
    void time_is(std::uint64_t now_ns);
    /// Nothing more comes.
    void finish(std::uint64_t now_ns);

    [[nodiscard]] const CollectorCounts& counts() const { return counts_; }

private:
    using RunName = std::pair<std::string, std::string>;  ///< host, run
    struct Run {
        Run(Directory where, CollectedRun about_it, BoundedLog::Room room)
            : directory(std::move(where)),
              about(std::move(about_it)),
              log(CollectedRun::kLines, room, about.files),
              order(about.next) {}
        Directory directory;
        CollectedRun about;
        BoundedLog log;
        Reassembly order;
        std::uint64_t heard_ns = 0, written_ns = 0;
        std::uint64_t gaps_told = 0;
        bool changed = false, silent = false, ended = false, failing = false;
    };

    Collector(Directory root, Directory hosts, CollectorSettings settings, Says says);
    void take_text(std::string_view text, const std::string& address);
    Run* run_of(const EvidenceBlock& block, const std::string& from, std::uint64_t now_ns);
    Result<std::unique_ptr<Run>> open_run(const EvidenceBlock& block, const RunName& name);
    bool make_room(const Directory& host_directory, const std::string& name);
    Reassembly::Sink sink_of(Run& run);
    void keep(Run& run, std::string_view line);
    void note_gap(Run& run, std::uint64_t first, std::uint64_t last);
    void write(Run& run, std::uint64_t now_ns);

    Directory root_, hosts_;
    CollectorSettings settings_;
    Seal seal_;
    Says says_;
    CollectorCounts counts_;
    std::map<RunName, std::unique_ptr<Run>> runs_;  ///< that are followed
    std::set<RunName> refused_;                     ///< runs that there is no room for
    std::uint64_t refused_ns_ = 0;                  ///< since when they are remembered
    struct Text {
        Directory directory;
        BoundedLog log;
    };
    std::map<std::string, Text> texts_;  ///< by address, without its port
    std::uint64_t told_unauthenticated_ = 0, told_ns_ = 0;
};

}  // namespace blkhang
