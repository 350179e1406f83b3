// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/collected_run.h"

#include <fmt/format.h>

#include "evidence/bounded_log.h"
#include "evidence/collector_names.h"
#include "evidence/listing.h"
#include "record/archive.h"

namespace blkhang {

template <class Archive, Of<SeenAt> T>
void fields(Archive& archive, T& at) {
    archive("uptime_ns", at.uptime_ns)("time_of_day", at.time_ns);
}
template <class Archive, Of<CollectedRun::Gap> T>
void fields(Archive& archive, T& gap) {
    archive("first", gap.first)("last", gap.last);
}
template <class Archive, Of<CollectedRun> T>
void fields(Archive& archive, T& run) {
    archive("host", run.host)("boot", run.boot)("run", run.run)("from", run.from)("began", run.began)(
        "latest", run.latest)("first", run.first)("last", run.last)("next", run.next)("datagrams", run.datagrams)(
        "duplicates", run.duplicates)("late", run.late)("gaps", run.gaps)("missing", run.missing)("torn", run.torn)(
        "lost", run.lost)("proofs", run.proofs)("not_kept", run.not_kept)("given_way", run.given_way)("files",
                                                                                                      run.files);
}

namespace {

constexpr std::size_t kLargestRun = std::size_t{256} << 10U;
constexpr std::size_t kMostHosts = 65536, kMostRuns = 4096;
constexpr std::uint64_t kLargestLines = std::uint64_t{64} << 20U;

/// One run's directory; nothing if it cannot be used, which is told.
std::optional<SurvivingRun> read_run(const Directory& directory, std::vector<std::string>& problems) {
    const auto skip = [&](std::string_view why) {
        problems.push_back(fmt::format("{}: {}", directory.path().string(), why));
        return std::nullopt;
    };
    const auto about = read_collected_run(directory);
    if (!about) {
        return skip(about.error().message());
    }
    const auto boot = evidence_id_from(about->boot);
    const auto id = evidence_id_from(about->run);
    if (!boot || !id) {
        return skip("its ids are none");
    }
    SurvivingRun run;
    run.source = fmt::format("collector {}", directory.path().string());
    run.boot = *boot;
    run.run = *id;
    run.host = about->host;
    run.first = about->first;
    run.last = about->last;
    run.missing = about->missing;
    run.torn = about->torn;
    run.lost = about->lost + about->not_kept;
    std::optional<std::uint64_t> before;
    for (const std::uint64_t number : BoundedLog::present(directory, CollectedRun::kLines, about->files)) {
        if (before && number != *before + 1) {  // what was between gave way
            run.note_gap();
        }
        before = number;
        const auto read = directory.each_line(BoundedLog::file_name(CollectedRun::kLines, number), kLargestLines,
                                              [&](std::string_view line) {
                                                  if (line == kGapLine) {
                                                      run.note_gap();
                                                  } else if (!line.empty()) {
                                                      run.lines.emplace_back(line);
                                                  }
                                              });
        if (!read) {
            problems.push_back(read.error().message());
            run.note_gap();
        }
    }
    return run;
}

}  // namespace

std::string encode(const CollectedRun& run) {
    Json json = Json::object();
    JsonWriter writer(json);
    fields(writer, run);
    return to_text(json);
}

Result<CollectedRun> decode_collected_run(std::string_view text) {
    const Json json = parse_json(text);
    if (json.is_discarded()) {
        return fail(Fault::usage, fmt::format("{} is no JSON", CollectedRun::kFile));
    }
    CollectedRun run;
    JsonReader reader(json);
    fields(reader, run);
    if (!reader.error().empty()) {
        return fail(Fault::usage, fmt::format("{}: {}", CollectedRun::kFile, reader.error()));
    }
    return run;
}

Result<CollectedRun> read_collected_run(const Directory& directory) {
    return directory.read(CollectedRun::kFile, kLargestRun).and_then(decode_collected_run);
}

Result<std::vector<SurvivingRun>> read_collected(const Directory& directory, const std::string& host,
                                                 std::vector<std::string>& problems) {
    const auto hosts = directory.below(kHostsDirectory);
    if (!hosts) {
        return fail(Error(Fault::usage, hosts.error().message()).hint("name what 'blkhang collect --out' was given"));
    }
    auto names = host.empty() ? names_in(*hosts, kMostHosts) : Result<std::vector<std::string>>({host});
    if (!names) {
        return fail(names.error());
    }
    std::vector<SurvivingRun> runs;
    for (const std::string& name : *names) {
        const auto of_host = hosts->below(name);
        if (!of_host) {
            if (!host.empty()) {
                return fail(of_host.error());
            }
            problems.push_back(of_host.error().message());
            continue;
        }
        const auto ids = names_in(*of_host, kMostRuns);
        if (!ids) {
            problems.push_back(ids.error().message());
            continue;
        }
        for (const std::string& id : *ids) {
            const auto of_run = of_host->below(id);
            if (!of_run) {
                problems.push_back(of_run.error().message());
            } else if (auto run = read_run(*of_run, problems)) {
                runs.push_back(std::move(*run));
            }
        }
    }
    return runs;
}

}  // namespace blkhang
