// SPDX-License-Identifier: GPL-2.0-only
// Says what a watcher would: the observations of a recorded stream, from standard input, into a journal or to a
// collector, and then a tick every 100 ms until it is killed. For tests of what survives a machine that is cut off.
// journal_writer JOURNAL [COLLECTOR KEYFILE]
#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>

#include "base/clock.h"
#include "evidence/block_sink.h"
#include "record/stream.h"

namespace blkhang {
namespace {

int write(const EvidencePlaces& places) {
    const auto sinks = open_evidence(places);
    if (!sinks) {
        std::cerr << sinks.error().message() << '\n';
        return 1;
    }
    std::uint64_t latest_ns = 0;
    for (std::string line; std::getline(std::cin, line);) {
        if (const auto observation = decode(line)) {
            latest_ns = std::max(latest_ns, time_of(*observation));
            for (const auto& sink : *sinks) {
                sink->send(*observation);
            }
        }
    }
    std::cout << "writing" << std::endl;  // NOLINT(performance-avoid-endl): somebody waits for it
    // The clock of the stream is another's: it goes on from where that ended.
    for (const std::uint64_t began_ns = monotonic_ns();;) {
        for (const auto& sink : *sinks) {
            sink->send(seen::Tick{latest_ns + (monotonic_ns() - began_ns)});
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

}  // namespace
}  // namespace blkhang

int main(int argc, char** argv) {
    if (argc != 2 && argc != 4) {
        std::cerr << "usage: journal_writer JOURNAL [COLLECTOR KEYFILE]\n";
        return 2;
    }
    return blkhang::write(argc == 2 ? blkhang::EvidencePlaces{argv[1], {}, {}}
                                    : blkhang::EvidencePlaces{argv[1], argv[2], argv[3]});
}
