// SPDX-License-Identifier: GPL-2.0-only
// Says what a watcher would: the observations of a recorded stream, from standard input, into a journal or to a
// collector, and then a tick every 100 ms until it is killed. For tests of what survives a machine that is cut off.
// journal_writer JOURNAL [COLLECTOR KEYFILE]
#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "evidence/block_sink.h"
#include "evidence/key.h"
#include "record/stream.h"

namespace blkhang {
namespace {

int fail_with(const Error& error) {
    std::cerr << error.message() << '\n';
    return 1;
}

int write(const std::vector<std::string>& arguments) {
    const auto identity = WriterIdentity::of_this_machine();
    if (!identity) {
        return fail_with(identity.error());
    }
    std::vector<BlockSink> sinks;
    auto journal = BlockSink::to_journal(arguments.at(0), *identity);
    if (!journal) {
        return fail_with(journal.error());
    }
    sinks.push_back(std::move(*journal));
    if (arguments.size() == 3) {
        const auto key = read_key(arguments[2]);
        auto collector =
            key ? BlockSink::to_collector(arguments[1], *key, *identity) : Result<BlockSink>(tl::unexpect, key.error());
        if (!collector) {
            return fail_with(collector.error());
        }
        sinks.push_back(std::move(*collector));
    }
    std::uint64_t latest_ns = 0;
    for (std::string line; std::getline(std::cin, line);) {
        if (const auto observation = decode(line)) {
            latest_ns = std::max(latest_ns, time_of(*observation));
            for (BlockSink& sink : sinks) {
                sink.send(*observation);
            }
        }
    }
    std::cout << "writing" << std::endl;  // NOLINT(performance-avoid-endl): somebody waits for it
    // The clock of the stream is another's: it goes on from where that ended.
    for (const std::uint64_t began_ns = monotonic_ns();;) {
        for (BlockSink& sink : sinks) {
            sink.send(seen::Tick{latest_ns + (monotonic_ns() - began_ns)});
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

}  // namespace
}  // namespace blkhang

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
    if (arguments.size() != 1 && arguments.size() != 3) {
        std::cerr << "usage: journal_writer JOURNAL [COLLECTOR KEYFILE]\n";
        return 2;
    }
    return blkhang::write(arguments);
}
