// SPDX-License-Identifier: GPL-2.0-only
// Changes a stand-in for a host in every way that a run on a host does, through the same code, and kills itself once so
// many changes were told: the last of them was not made then. For tests of `blkhang cleanup`. Prints what it has told.
// ledger_walker COUNT DISK NULL_BLK_MODULE_FILE
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include "base/file.h"
#include "base/process.h"
#include "stage/child.h"
#include "stage/kept_ledger.h"
#include "stage/knob.h"
#include "stage/loop_disk.h"
#include "stage/modules.h"
#include "stage/mounts.h"
#include "stage/null_disk.h"
#include "stage/swap.h"
#include "stage/undo_step.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kSize = std::uint64_t{16} << 20U;
constexpr const char* kUnit = "blkhang-walk.scope";

/// Tells the ledger, and ends the process in the worst way after so many.
class WalkedLedger final : public Ledger {
public:
    WalkedLedger(Ledger& kept, int count) : kept_(kept), left_(count) {}
    Status tell(const MachineChange& change) override {
        if (auto told = kept_.tell(change); !told) {
            return told;
        }
        std::cout << words_for(change) << std::endl;  // NOLINT(performance-avoid-endl): it may be the last
        if (--left_ == 0) {
            ::raise(SIGKILL);
        }
        return {};
    }
    void seal() override { kept_.seal(); }

private:
    Ledger& kept_;
    int left_;
};

/// A scope in which something runs, as the service manager makes it.
Status make_scope(const Staging& staging) {
    const fs::path directory = staging.roots.cgroup() / "system.slice" / kUnit;
    if (auto told = staging.ledger.tell(change::Scope{kUnit, directory}); !told) {
        return told;
    }
    if (::fork() == 0) {
        ::setsid();
        ::execlp("systemd-run", "systemd-run", "--quiet", "--scope", "--slice=system.slice", "-p", "Delegate=yes",
                 "--unit=blkhang-walk", "bash", "-c",
                 "mkdir /sys/fs/cgroup/system.slice/blkhang-walk.scope/load; "
                 "echo $$ >/sys/fs/cgroup/system.slice/blkhang-walk.scope/load/cgroup.procs; exec sleep 1000",
                 nullptr);
        ::_exit(1);
    }
    for (int i = 0; i < 300; ++i) {
        if (read_file(directory / "load" / "cgroup.procs").value_or("") != "") {
            return {};
        }
        ::usleep(100'000);
    }
    return fail(Fault::broken, "the scope does not begin");
}

Status make_cgroup(const Staging& staging) {
    const auto directory = staging.roots.cgroup() / "blkhang-walk";
    if (auto told = staging.ledger.tell(change::Cgroup{directory}); !told) {
        return told;
    }
    fs::create_directory(directory);
    fs::create_directory(directory / "below");
    return {};
}

Status swap_to(const Staging& staging, const fs::path& disk) {
    return make_swap(staging, {disk.filename(), "", disk}).and_then([&] {
        return start_swapping(staging, disk, kOrdinarySwapPriority);
    });
}

Status walk(const Staging& staging, const fs::path& disk, const fs::path& null_blk) {
    const auto scheduler = staging.roots.sys() / "block" / fs::canonical(disk).filename() / "queue" / "scheduler";
    fs::path loop;
    std::string null_disk;
    return make_scope(staging)
        .and_then([&] { return make_cgroup(staging); })
        .and_then([&]() -> Status { return mount_at(staging, "tmpfs", "/mnt/blkhang-walk").map([](bool /*made*/) {}); })
        .and_then([&]() -> Status {
            return make_loop_disk(staging, "/var/tmp/blkhang-walk", kSize).map([&](const fs::path& made) {
                loop = made;
            });
        })
        .and_then([&] { return insert_module(staging, null_blk); })
        .and_then([&]() -> Status {
            return make_null_disk(staging, "blkhang0", kSize).map([&](const std::string& made) { null_disk = made; });
        })
        .and_then([&] { return set_knob(staging, staging.roots.proc() / "sys" / "vm" / "swappiness", "11"); })
        .and_then([&] { return set_knob(staging, scheduler, "mq-deadline"); })
        .and_then([&] { return swap_to(staging, loop); })
        .and_then([&] { return swap_to(staging, staging.roots.dev() / null_disk); })
        .and_then([&] { return swap_to(staging, fs::canonical(disk)); })
        .and_then([&]() -> Status {
            return start_child(staging.ledger, "blkhang-walker", [] { ::pause(); }).map([](pid_t /*pid*/) {});
        });
}

int walked(int count, const fs::path& disk, const fs::path& null_blk) {
    const auto roots = Roots::make({});
    const auto kept = roots ? KeptLedger::begin(*roots) : fail(roots.error());
    if (!kept) {
        std::cerr << kept.error().message() << '\n';
        return 1;
    }
    WalkedLedger ledger(**kept, count);
    LinuxSyscalls calls;
    if (auto done = walk({*roots, ledger, calls}, disk, null_blk); !done) {
        std::cerr << done.error().message() << '\n';
        return 1;
    }
    std::cout << "all is changed" << std::endl;  // NOLINT(performance-avoid-endl)
    ::raise(SIGKILL);
    return 1;
}

}  // namespace
}  // namespace blkhang

int main(int argc, char** argv) {
    // Nobody's own machine.
    if (argc != 4 || ::access("/etc/blkhang-standin", F_OK) != 0) {
        std::cerr << "usage, in a stand-in: ledger_walker COUNT DISK NULL_BLK_MODULE_FILE\n";
        return 2;
    }
    return blkhang::walked(std::atoi(argv[1]), argv[2], argv[3]);
}
