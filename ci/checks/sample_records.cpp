// SPDX-License-Identifier: GPL-2.0-only
// sample_records DIR: records and matrices in which every verdict occurs, for checks of what is made from them. The
// records are made from the recorded streams in tool/record/testdata.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "base/file.h"
#include "judge/testing/builders.h"
#include "profile/shipped.h"
#include "record/files.h"
#include "record/tally.h"
#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"

namespace {

using namespace blkhang;
namespace fs = std::filesystem;

/// As long and as ugly as consoles are.
std::string console() {
    std::string text = "\x1b[2J\x1b[1;1HSeaBIOS\r\n";
    for (int line = 0; line < 2000; ++line) {
        text +=
            fmt::format("[{:12.6f}] {} ]]> <&\"'> #{} \x1b[0m\xff\xed\xa0\x80 \u20ac\n", line * 0.01, "kernel", line);
    }
    return text + std::string("nul \0 here\n", 11) + "the last line\n";
}

void write(const fs::path& path, std::string_view content) {
    fs::create_directories(path.parent_path());
    if (const auto written = write_file(path, content); !written) {
        throw std::runtime_error(written.error().message());
    }
}

void leave(const fs::path& directory, const Record& record) {
    write(directory / files::kRecord, encode(record));
    write(directory / files::kConsole, console());
}

/// With the stream that the record was made from.
void leave(const fs::path& directory, const Record& record, const char* stream) {
    leave(directory, record);
    write(directory / files::kEvents, read_file(replay::path(stream)).value());
}

Record sample(const char* stream, const char* plant, const RunEnd& end = {Ended::orderly, "", "tcg"}) {
    Record record = replay::record(stream, plant, end);
    record.run.started = "2026-11-22T20:00:00Z";
    record.run.total_s = 52.5;
    record.profile.settings = settings_of(load_profile(record.profile.name).value());
    record.profile.digest = digest_of(*record.profile.settings);
    return record;
}

/// What the record says, as a cell of a matrix about `kernel`.
CellResult cell(const std::string& kernel, const Record& record) {
    CellResult result = result_of(record);
    result.subject.kernel = kernel;
    return result;
}

CellResult calibration(CellResult result) {
    result.subject.plant = kCalibrationPlant;
    result.calibration = true;
    return result;
}

constexpr std::uint64_t kLoadBegins = 10'000;  // ms

/// A stream that begins and ends in good order, with a load phase in between.
std::vector<Observation> whole(std::vector<Observation> load, std::uint64_t end_ms) {
    using namespace build;
    std::vector<Observation> stream{
        seen::Hello{kMs, "7.3.4-cloud-amd64", "#1 SMP", "x86_64", "0.1.0", "3f2c9d1a7be4", 0, {}},
        seen::Phase{kMs, "stage"}, seen::Phase{kLoadBegins * kMs, "load"}};
    for (std::uint64_t at_ms = kLoadBegins; at_ms <= end_ms; at_ms += 500) {
        const std::uint64_t passed = at_ms - kLoadBegins;
        load.push_back(seen::Counters{
            at_ms * kMs,
            {},
            {{"trials", passed / 1000}},
            {{"ios", passed / 7}, {"swapped_out", passed * passed}, {"free_bytes", 90'000'000 - passed * 1000}},
            0});
        load.push_back(tick(at_ms));
    }
    std::stable_sort(load.begin(), load.end(), [&](const auto& a, const auto& b) { return time_of(a) < time_of(b); });
    stream.insert(stream.end(), load.begin(), load.end());
    stream.emplace_back(seen::Phase{end_ms * kMs, "teardown"});
    stream.emplace_back(seen::End{(end_ms + 100) * kMs, 0});
    return stream;
}

/// The record of a stream, and the stream beside it.
void leave(const fs::path& directory, const std::vector<Observation>& stream) {
    RecordBuilder builder(replay::facts(""));
    std::string events;
    for (const auto& each : stream) {
        builder.observe(each);
        events += encode(each) + "\n";
    }
    leave(directory, builder.finish({Ended::orderly, "", "tcg"}));
    write(directory / files::kEvents, events);
}

/// A task that has a queue frozen finds no memory, and those that could free some wait for the queue.
std::vector<Observation> livelock() {
    using namespace build;
    constexpr std::uint64_t kStart = kLoadBegins + 5000;
    auto switcher = memory_wait(kStart + 100, 113);
    switcher.comm = "elv-switch";
    std::vector<Observation> seen{froze(kStart, 113), switcher, queue_wait(kStart + 200, 44)};
    for (std::int32_t pid = 200; pid < 212; ++pid) {
        seen.emplace_back(mutex_wait(kStart + 300, pid, 113));
    }
    return whole(std::move(seen), kStart + 30'000);
}

/// Names that tasks may give themselves, and that a page must not take for its own words.
Record hostile() {
    Record record = sample("self-deadlock", "");
    const std::string name = "</pre><script>\xff&\x01'\"";
    record.deadlock->tasks.front().comm = name;
    record.deadlock->tasks.front().stack = {"<b>+0x1/0x2", "pcpu_alloc+0xa7/0x5e2", "{{title}}"};
    record.blocked_tasks.push_back({7, name, 'D', {"<i>+0x1/0x2"}});
    record.nesting.front().comm = name;
    record.verdict.reasons = {name};
    record.kernel.release = "6.1.0-" + std::string(80, 'x');
    KernelReport report{KernelReport::Kind::hung_task, 0, "INFO: task " + name + " blocked", {}, {}, {"<b>+0x1/0x2"}};
    record.kernel_reports = std::vector<Record::KernelMessage>{{121000.0, report, "names only bystanders"}};
    return record;
}

/// Where everything failed that does not in `matrix`, and the other way round, often enough to be beyond chance.
Matrix baseline(const Matrix& matrix) {
    constexpr int kRepeats = 8;
    Matrix earlier = matrix;
    earlier.cells.clear();
    earlier.planned = 0;
    for (const CellResult& cell : matrix.cells) {
        for (int repeat = 0; repeat < kRepeats && !cell.calibration; ++repeat) {
            CellResult other = cell;
            const bool failed = is_failure(cell.verdict);
            other.verdict = failed ? Verdict::clean : Verdict::hang;
            other.reasons = {failed ? "50 trials" : "member[7] waits for pcpu_alloc_mutex, which it owns itself"};
            build::add(earlier, other);
        }
    }
    return earlier;
}

Matrix matrix(const fs::path& directory) {
    Matrix matrix;
    matrix.started = "2026-11-22T20:00:00Z";
    matrix.ended = "2026-11-22T20:30:00Z";
    matrix.calibrate = true;
    matrix.tool = {"0.1.0", "3f2c9d1a7be4"};
    const auto add = [&](const std::string& kernel, const Record& record) {
        build::add(matrix, cell(kernel, record));
        matrix.profiles.emplace(*record.profile.digest, *record.profile.settings);
        leave(directory / "cells" / matrix.cells.back().id, record);
    };
    const auto add_bare = [&](const std::string& kernel, const char* plant, Verdict verdict, const char* reason) {
        CellResult result = build::cell({kernel, "kvm-2011", plant}, verdict, reason);
        build::add(matrix, result);
    };

    add("deb:6.1", sample("thrash", ""));
    add("deb:6.1", sample("self-deadlock", ""));
    add("deb:6.1", sample("kswapd-cycle", "sync-alloc"));
    matrix.cells.back() = calibration(matrix.cells.back());
    add("deb:6.1", sample("vanished", "sync-alloc", {Ended::lost, "no line for 60 s", "tcg"}));
    add("deb:6.1", sample("lost-events", ""));

    add_bare("deb:6.12", "worker-alloc", Verdict::clean, "50 trials");
    add_bare("deb:6.12", "", Verdict::hazard, "lock cycle a -> b");

    add_bare("deb:7.3", "", Verdict::clean, "not calibrated, since the planted bug was not seen");
    add_bare("deb:7.3", "", Verdict::clean, "50 trials");
    matrix.cells.back() = calibration(matrix.cells.back());

    add_bare("deb:5.10", "", Verdict::unsupported, "no BTF");

    add_bare("file:/a #1 'b' <c>&", "", Verdict::error, "not ok\nok 1 - # TODO \x1b[0m\x01 ]]> \"\xff\"");
    matrix.cells.back().load_s = matrix.cells.back().total_s = 0;
    matrix.cells.back().started = matrix.cells.back().label = matrix.cells.back().release = "";
    return matrix;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        fmt::print(stderr, "usage: {} DIR\n", argv[0]);
        return 2;
    }
    const fs::path top = argv[1];
    leave(top / "hang", sample("self-deadlock", ""), "self-deadlock");
    leave(top / "planted", sample("kswapd-cycle", "sync-alloc"), "kswapd-cycle");
    leave(top / "clean", sample("thrash", ""), "thrash");
    leave(top / "inconclusive", sample("lost-events", ""), "lost-events");
    leave(top / "livelock", livelock());
    leave(top / "hazard",
          whole({build::edge(Scope::percpu_mutex, Scope::reclaim), build::edge(Scope::reclaim, Scope::percpu_alloc)},
                kLoadBegins + 20'000));
    leave(top / "unsupported", {seen::Unsupported{{"the kernel has no BTF", "no memory controller"}}, seen::End{1, 0}});
    leave(top / "hostile", hostile());
    write(top / "hostile" / files::kEvents, "{\"t\":\"counters\"\n\xff\n");
    leave(top / "error", RecordBuilder(replay::facts("")).finish({Ended::did_not_boot, "silent for 60 s", "tcg"}));

    Matrix whole = matrix(top / "matrix");
    write(top / "matrix" / "matrix.json", encode(whole));
    write(top / "baseline" / "matrix.json", encode(baseline(whole)));
    whole.planned += 2;
    write(top / "cut-short" / "matrix.json", encode(whole));
    return 0;
}
