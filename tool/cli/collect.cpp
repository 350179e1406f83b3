// SPDX-License-Identifier: GPL-2.0-only
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "base/clock.h"
#include "base/shown.h"
#include "base/signals.h"
#include "base/sizes.h"
#include "cli/command.h"
#include "evidence/collector.h"
#include "evidence/key.h"
#include "evidence/listener.h"
#include "guest/record_directory.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;

constexpr auto kPeriod = std::chrono::milliseconds(250);

/// Beside the records of runs.
Result<fs::path> collected_directory(const Invocation& invocation) {
    if (invocation.has("out")) {
        return fs::path(invocation.text("out"));
    }
    return runs_directory(std::getenv("XDG_STATE_HOME"), std::getenv("HOME")).map([](const fs::path& runs) {
        return runs.parent_path() / "collected";
    });
}

Result<CollectorSettings> collector_settings(const Invocation& invocation) {
    if (!invocation.has("key")) {
        return fail(Error(Fault::usage, "--key is missing: what nobody vouches for is not kept")
                        .hint(how_to_make_key("blkhang.key")));
    }
    auto key = read_key(invocation.text("key"));
    if (!key) {
        return fail(key.error());
    }
    const auto per_host = parse_size(invocation.text("per-host"));
    const auto total = parse_size(invocation.text("total"));
    if (!per_host || !total) {
        return per_host ? fail_within(total.error(), "--total") : fail_within(per_host.error(), "--per-host");
    }
    CollectorSettings settings;
    settings.key = std::move(*key);
    settings.netconsole = invocation.flag("netconsole");
    settings.host = *per_host;
    settings.total = *total;
    if (settings.run.all() > settings.host || settings.host > settings.total) {
        return fail(Fault::usage, fmt::format("--per-host has to be {} at least, and no more than --total",
                                              format_size(settings.run.all())));
    }
    return settings;
}

Shown in_words(const CollectorCounts& counts, std::uint64_t dropped) {
    return shown(
        "datagrams: {}, of which {} came twice; missing: {}; not from anybody with the key: {}; refused: {}; no room "
        "for: {}; netconsole: {}; dropped by this machine's kernel: {}\n",
        counts.datagrams, counts.duplicates, counts.missing, counts.unauthenticated, counts.refused, counts.no_room,
        counts.netconsole, dropped);
}

Result<ExitCode> collect(const Invocation& invocation) {
    if (!invocation.has("listen")) {
        return fail(Error(Fault::usage, "--listen is missing").hint("for example: --listen 0.0.0.0"));
    }
    const auto address = NetworkAddress::parse(invocation.text("listen"));
    if (!address) {
        return fail_within(address.error(), "--listen");
    }
    auto settings = collector_settings(invocation);
    if (!settings) {
        return fail(settings.error());
    }
    const auto path = collected_directory(invocation);
    if (!path) {
        return fail(path.error());
    }
    const auto listener = Listener::open(*address);
    if (!listener) {
        return fail(listener.error());
    }
    const auto bound = listener->address();
    if (!bound) {
        return fail(bound.error());
    }
    auto collector = Collector::open(*path, std::move(*settings),
                                     [](const std::string& text) { print(shown("{} {}\n", utc_now(), text)); });
    if (!collector) {
        return fail(collector.error());
    }
    catch_interrupts();
    print(shown("{} listening at {}, keeping in {}\n", utc_now(), to_string(*bound), path->string()));
    while (!interrupted()) {
        auto received = listener->receive(kPeriod, [&](std::string_view bytes, const std::string& from) {
            collector->datagram(bytes, from, monotonic_ns());
        });
        if (!received) {
            return fail(received.error());
        }
        collector->time_is(monotonic_ns());
    }
    collector->finish(monotonic_ns());
    print(in_words(collector->counts(), listener->dropped()));
    return ExitCode::ok;
}

}  // namespace

Command collect_command() {
    Command command{
        .name = "collect",
        .summary = "receive evidence from hosts that may freeze",
        .synopsis = {"--listen ADDR", "--key FILE", "[--out DIR]", "[--netconsole]", "[--per-host SIZE]",
                     "[--total SIZE]"},
        .description =
            {"Takes in what `blkhang watch --collector` sends from any number of hosts, over UDP, until it is "
             "interrupted. A host that freezes cannot write to the disk that froze; what it has sent is here, and "
             "`blkhang recover --collected DIR` makes a record of it.",
             "Says when a host begins, proves a deadlock, falls silent and speaks again, and which datagrams are "
             "missing. What comes late or twice is put in order; a proof is sent three times.",
             "Only what was sent by somebody who has the key is kept (HMAC-SHA-256); the rest is counted. It is not "
             "encrypted, and every host that has the key may speak for every other: it holds names of tasks, disks "
             "and functions of the kernel. Keep it on a network of your own."},
        .sections = {{"WHAT IS KEPT",
                      {{"hosts/HOST/RUN/events.ndjson",
                        "what a watcher has seen, a line each; of a run that goes on for long its beginning and its "
                        "end, in events.ndjson.N"},
                       {"hosts/HOST/RUN/run.json", "its boot, its last sign of life, and what is missing, by number"},
                       {"netconsole/from-ADDRESS.log",
                        "with --netconsole, text that came from there, made printable. Anybody may have sent it, under "
                        "any address: give it to `blkhang diagnose`, or to `blkhang recover --log`, if you believe "
                        "it"}}},
                     {"ROOM",
                      {{"one run", "16 MiB: the first 8, and the latest 4 to 8"},
                       {"one host",
                        "--per-host; for a new run the oldest one gives way that has no proof. Where all have, or are "
                        "still sent, the new one is not kept, which is said"},
                       {"all", "--total; nothing of another host ever gives way"}}}},
        .exit_status = {{"0", "it was interrupted"},
                        {"2", "the address, the key or the directory cannot be used"},
                        {"5", "the network broke"}},
        .examples = {{"blkhang collect --listen 0.0.0.0 --key blkhang.key",
                      "from all hosts that can reach this one, at port 6667"},
                     {"blkhang collect --listen 192.0.2.7:7000 --key blkhang.key --netconsole",
                      "at that address, and with the kernel's own text where a host has netconsole"}},
        .positionals = {},
        .options = {},
        .run = collect,
    };
    command.options.add_options()  //
        ("listen", po::value<std::string>()->value_name("ADDR"),
         "the address of this machine to listen at, with a port if it is not 6667: 0.0.0.0, 192.0.2.7:7000, [::]")  //
        ("key", po::value<std::string>()->value_name("FILE"),
         "the key that the hosts have, too; readable by its owner only. This makes one: (umask 077; head -c 32 "
         "/dev/urandom | "
         "base64 > FILE)")  //
        ("out", po::value<std::string>()->value_name("DIR"),
         "where to keep it; by default blkhang/collected below $XDG_STATE_HOME or ~/.local/state")  //
        ("netconsole", po::bool_switch(),
         "take other text that comes for a kernel's (netconsole), and keep it apart: nobody vouches for it")  //
        ("per-host", po::value<std::string>()->value_name("SIZE")->default_value("128MiB"),
         "room for the runs of one host; 128MiB by default")  //
        ("total", po::value<std::string>()->value_name("SIZE")->default_value("8GiB"),
         "room for those of all hosts; 8GiB by default");
    return command;
}

}  // namespace blkhang
