// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/collector.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "base/clock.h"
#include "base/path_name.h"
#include "base/printable.h"
#include "base/sizes.h"
#include "base/units.h"
#include "evidence/collector_names.h"
#include "evidence/listing.h"
#include "record/stream.h"

namespace blkhang {
namespace {

constexpr std::uint64_t kSilentNs = 5 * kNsPerS;       // five signs of life
constexpr std::uint64_t kForgottenNs = 600 * kNsPerS;  // it is opened again if it speaks again
constexpr std::uint64_t kWritePeriodNs = kNsPerS;
constexpr std::uint64_t kTellPeriodNs = 60 * kNsPerS;
constexpr std::uint64_t kGapsTold = 20;  // of a run; the rest is in its run.json
constexpr std::size_t kMostListed = 65536;
constexpr std::size_t kMostRefused = 1024;
constexpr BoundedLog::Room kTextRoom{std::uint64_t{4} << 20U, std::uint64_t{2} << 20U};

/// Nothing of what cannot be listed.
std::vector<std::string> listed(const Directory& directory, std::size_t most = kMostListed) {
    return names_in(directory, most).value_or(std::vector<std::string>{});
}

/// Of what is in a directory of a run: all regular files.
std::uint64_t bytes_in(const Directory& directory) {
    std::uint64_t bytes = 0;
    for (const std::string& name : listed(directory)) {
        bytes += directory.size(name, UINT64_MAX).value_or(0);
    }
    return bytes;
}

/// A directory of a run, with all that is in it. False: something stays, and counts as used.
bool remove_run(const Directory& host, const std::string& id) {
    const auto run = host.below(id);
    if (!run) {
        return false;
    }
    for (const std::string& file : listed(*run)) {
        static_cast<void>(run->remove(file.c_str()));
    }
    return ::unlinkat(host.descriptor(), id.c_str(), AT_REMOVEDIR) == 0;
}

std::string short_id(std::string_view id) { return std::string(id.substr(0, 8)); }

/// A sign of life's time by the clock of the host that it is of.
std::string last_of(const std::optional<SeenAt>& at) {
    return at ? fmt::format("up {:.1f} s", static_cast<double>(at->uptime_ns) / kNsPerS) : "unknown";
}

}  // namespace

Collector::Collector(Directory root, Directory hosts, CollectorSettings settings, Says says)
    : root_(std::move(root)),
      hosts_(std::move(hosts)),
      settings_(std::move(settings)),
      seal_(Seal::keyed(settings_.key)),
      says_(std::move(says)) {}

Result<Collector> Collector::open(const std::filesystem::path& path, CollectorSettings settings, Says says) {
    auto root = Directory::make(path);
    if (!root) {
        return fail(std::move(root.error()).hint("name a directory that can be written with --out"));
    }
    auto hosts = root->make_below(kHostsDirectory);
    if (!hosts) {
        return fail(hosts.error());
    }
    return Collector(std::move(*root), std::move(*hosts), std::move(settings), std::move(says));
}

void Collector::datagram(std::string_view bytes, const std::string& from, std::uint64_t now_ns) {
    const auto block = read_block(bytes, seal_);
    if (!block) {
        if (settings_.netconsole && !looks_like_block(bytes)) {
            take_text(bytes, from);
        } else {
            ++counts_.unauthenticated;
        }
        return;
    }
    ++counts_.datagrams;
    Run* const run = run_of(*block, from, now_ns);
    if (run == nullptr) {
        return;
    }
    CollectedRun& about = run->about;
    const SeenAt at{block->uptime_ns, block->time_ns};
    // What was made before something that has come proves no life: it is late, or somebody else sends it again.
    if (!about.last || at.uptime_ns > about.last->uptime_ns) {
        if (run->silent) {
            run->silent = false;
            says_(fmt::format("{}: speaks again", about.host));
        }
        run->heard_ns = now_ns;
        about.from = from;
        about.latest = utc_now();
        about.last = at;
    }
    run->changed = true;
    about.lost = std::max(about.lost, block->lost);
    about.first = about.first.value_or(at);
    ++about.datagrams;
    switch (run->order.add(*block, now_ns, sink_of(*run))) {
        case Reassembly::Arrival::fresh:
            break;
        case Reassembly::Arrival::duplicate:
            ++about.duplicates;
            ++counts_.duplicates;
            break;
        case Reassembly::Arrival::late:
            ++about.late;
            break;
    }
}

Reassembly::Sink Collector::sink_of(Run& run) {
    return {.line = [this, &run](std::string_view line) { keep(run, line); },
            .gap = [this, &run](std::uint64_t first, std::uint64_t last) { note_gap(run, first, last); }};
}

void Collector::keep(Run& run, std::string_view line) {
    // One line stays one line, whatever is in it.
    std::string text = line.find('\n') == std::string_view::npos ? std::string(line) : printable(line);
    const std::string type(type_of(std::string_view(text)));
    if (auto kept = run.log.append(run.directory, text + "\n"); !kept) {
        ++run.about.not_kept;
        ++counts_.no_room;
        if (!run.failing) {
            run.failing = true;
            says_(fmt::format("{}: what it sends cannot be written: {}", run.about.host, kept.error().message()));
        }
        return;
    }
    run.failing = false;
    if (type == seen::Proof::kWireName) {
        if (++run.about.proofs == 1) {
            says_(fmt::format("{}: sent a PROOF of a deadlock, {}: {}", run.about.host, last_of(run.about.last),
                              (run.directory.path() / CollectedRun::kLines).string()));
        }
        run.written_ns = 0;  // now, not in a second
    }
    if (type == seen::End::kWireName) {
        run.ended = true;
        says_(fmt::format("{}: its watcher ended in good order", run.about.host));
    }
}

void Collector::note_gap(Run& run, std::uint64_t first, std::uint64_t last) {
    CollectedRun& about = run.about;
    about.missing += last - first + 1;
    counts_.missing += last - first + 1;
    if (about.gaps.size() < CollectedRun::kMostGaps) {
        about.gaps.push_back({first, last});
    }
    static_cast<void>(run.log.append(run.directory, fmt::format("{}\n", kGapLine)));
    if (++run.gaps_told <= kGapsTold) {
        says_(fmt::format(
            "{}: missing: {} of run {}{}", about.host,
            first == last ? fmt::format("datagram {}", first) : fmt::format("datagrams {} to {}", first, last),
            short_id(about.run), run.gaps_told == kGapsTold ? "; further gaps are told in its run.json only" : ""));
    }
}

/// The run that a block is of; null if it cannot be kept.
Collector::Run* Collector::run_of(const EvidenceBlock& block, const std::string& from, std::uint64_t now_ns) {
    if (!is_path_name(block.host, EvidenceBlock::kLongestHost) || block.sequence == 0 ||
        block.sequence > UINT64_MAX / 2) {
        ++counts_.refused;
        return nullptr;
    }
    const RunName name{std::string(block.host), in_digits(block.run)};
    if (const auto found = runs_.find(name); found != runs_.end()) {
        return found->second.get();
    }
    if (refused_.contains(name) || refused_.size() >= kMostRefused) {
        ++counts_.no_room;
        return nullptr;
    }
    auto run = open_run(block, name);
    if (!run) {
        ++counts_.no_room;
        refused_.insert(name);
        says_(fmt::format("{}: is not kept: {}", name.first, run.error().message()));
        return nullptr;
    }
    says_(fmt::format("{}: run {} of boot {}, from {}", name.first, short_id(name.second), short_id((*run)->about.boot),
                      from));
    (*run)->heard_ns = now_ns;
    return runs_.emplace(name, std::move(*run)).first->second.get();
}

Result<std::unique_ptr<Collector::Run>> Collector::open_run(const EvidenceBlock& block, const RunName& name) {
    if (!hosts_.has(name.first) && listed(hosts_, settings_.hosts).size() >= settings_.hosts) {
        return fail(Fault::broken, fmt::format("{} hosts are kept already", settings_.hosts));
    }
    auto host = hosts_.make_below(name.first);
    if (!host) {
        return fail(host.error());
    }
    if (host->has(name.second)) {  // from before this collector was started
        auto directory = host->below(name.second);
        auto about = directory.and_then(read_collected_run);
        if (!about) {
            return fail(about.error());
        }
        if (about->boot != in_digits(block.boot) || about->host != name.first || about->run != name.second) {
            return fail(Fault::broken, fmt::format("{} is of another run", directory->path().string()));
        }
        return std::make_unique<Run>(std::move(*directory), std::move(*about), settings_.run);
    }
    if (runs_.size() >= settings_.runs) {
        return fail(Fault::broken, fmt::format("{} runs are followed already", settings_.runs));
    }
    if (!make_room(*host, name.first)) {
        return fail(Error(Fault::broken, fmt::format("the room for {} is used up", name.first))
                        .hint(fmt::format("recover and remove what is in {}, or raise --per-host and --total",
                                          host->path().string())));
    }
    auto directory = host->make_below(name.second);
    if (!directory) {
        return fail(directory.error());
    }
    CollectedRun about;
    about.host = name.first;
    about.run = name.second;
    about.boot = in_digits(block.boot);
    about.began = about.latest = utc_now();
    if (auto written = directory->replace(CollectedRun::kFile, encode(about)); !written) {
        return fail(written.error());
    }
    return std::make_unique<Run>(std::move(*directory), std::move(about), settings_.run);
}

/// Room for all that a new run may come to. The oldest of that host's runs gives way if it has no proof and is not
/// followed any more; those of other hosts never do.
bool Collector::make_room(const Directory& host_directory, const std::string& name) {
    struct Old {
        std::string id, began;
        std::uint64_t bytes;
        bool may_go;
    };
    std::uint64_t total = 0;
    std::uint64_t of_host = 0;
    std::vector<Old> old;
    for (const std::string& host : listed(hosts_)) {
        const auto directory = hosts_.below(host);
        if (!directory) {
            continue;
        }
        for (const std::string& id : listed(*directory)) {
            const auto run = directory->below(id);
            if (!run) {
                continue;
            }
            const bool is_open = runs_.contains({host, id});
            const std::uint64_t bytes = is_open ? settings_.run.all() : bytes_in(*run);
            total += bytes;
            if (host == name) {
                of_host += bytes;
                const auto about = read_collected_run(*run);
                old.push_back({id, about ? about->began : "", bytes, about && about->proofs == 0 && !is_open});
            }
        }
    }
    std::ranges::sort(old, {}, &Old::began);
    const std::uint64_t needed = settings_.run.all();
    const auto fits = [&] { return of_host + needed <= settings_.host && total + needed <= settings_.total; };
    for (const Old& one : old) {
        if (fits()) {
            break;
        }
        if (one.may_go && remove_run(host_directory, one.id)) {
            of_host -= one.bytes;
            total -= one.bytes;
            says_(fmt::format("{}: run {}, the oldest without a proof, gave way", name, short_id(one.id)));
        }
    }
    return fits();
}

void Collector::take_text(std::string_view text, const std::string& address) {
    // Its port is another in each boot.
    const std::string from = address.substr(0, address.rfind(':'));
    auto found = texts_.find(from);
    if (found == texts_.end()) {
        if (texts_.size() >= settings_.netconsoles) {
            ++counts_.no_room;
            return;
        }
        auto directory = root_.make_below(kNetconsoleDirectory);
        if (!directory) {
            ++counts_.no_room;
            return;
        }
        const std::string name = fmt::format("from-{}.log", dashed(from, "."));
        std::uint64_t files = 0;
        for (const std::string& one : listed(*directory)) {
            files += one == name || one.starts_with(name + ".") ? 1 : 0;
        }
        while (directory->has(BoundedLog::file_name(name, files))) {  // earlier ones gave way
            ++files;
        }
        found = texts_.emplace(from, Text{std::move(*directory), BoundedLog(name, kTextRoom, files)}).first;
        says_(fmt::format("{}: netconsole text, which anybody may have sent", from));
        static_cast<void>(found->second.log.append(
            found->second.directory,
            fmt::format("# blkhang collect: from {}, not authenticated; began {}\n", from, utc_now())));
    }
    ++counts_.netconsole;
    std::string kept = printable_lines(text);
    if (!kept.ends_with('\n')) {
        kept += '\n';
    }
    if (!found->second.log.append(found->second.directory, kept)) {
        ++counts_.no_room;
    }
}

void Collector::write(Run& run, std::uint64_t now_ns) {
    run.about.next = run.order.next();
    run.about.torn = run.order.torn();
    run.about.files = run.log.files();
    run.about.given_way = run.log.given_way();
    if (run.directory.replace(CollectedRun::kFile, encode(run.about))) {
        run.changed = false;
    }
    run.written_ns = now_ns;
}

void Collector::time_is(std::uint64_t now_ns) {
    std::vector<RunName> gone;
    for (auto& [name, run] : runs_) {
        run->order.time_is(now_ns, sink_of(*run));
        const std::uint64_t quiet_ns = now_ns - run->heard_ns;
        if (!run->silent && !run->ended && quiet_ns >= kSilentNs) {
            run->silent = true;
            run->changed = true;
            says_(fmt::format("{}: is SILENT since {}, {}", name.first, run->about.latest, last_of(run->about.last)));
        }
        if (run->changed && now_ns - run->written_ns >= kWritePeriodNs) {
            write(*run, now_ns);
        }
        if (quiet_ns >= kForgottenNs) {
            gone.push_back(name);
        }
    }
    for (const RunName& name : gone) {
        auto& run = *runs_.at(name);
        run.order.finish(sink_of(run));
        write(run, now_ns);
        runs_.erase(name);
    }
    if (now_ns - refused_ns_ >= kTellPeriodNs) {  // there may be room by now
        refused_.clear();
        refused_ns_ = now_ns;
    }
    if (counts_.unauthenticated > told_unauthenticated_ && now_ns - told_ns_ >= kTellPeriodNs) {
        says_(fmt::format("datagrams that nobody with the key has sent: {}; not kept",
                          counts_.unauthenticated - told_unauthenticated_));
        told_unauthenticated_ = counts_.unauthenticated;
        told_ns_ = now_ns;
    }
}

void Collector::finish(std::uint64_t now_ns) {
    for (auto& [name, run] : runs_) {
        run->order.finish(sink_of(*run));
        write(*run, now_ns);
    }
}

}  // namespace blkhang
