// SPDX-License-Identifier: GPL-2.0-only
#include "run/guest_main.h"

#include <sys/prctl.h>
#include <sys/reboot.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/shown.h"
#include "load/guest_writer.h"
#include "run/engine.h"
#include "run/hello.h"
#include "run/port.h"
#include "run/proof_page.h"
#include "run/survive.h"
#include "stage/device_nodes.h"
#include "stage/guest_site.h"
#include "stage/modules.h"
#include "stage/mounts.h"

namespace blkhang {
namespace {

constexpr const char* kStreamName = "blkhang.stream";
constexpr const char* kSerialStream = "ttyS1";
constexpr const char* kModules = "/blkhang/modules.list";
constexpr const char* kStressNg = "/usr/bin/stress-ng";
constexpr const char* kPlant = "/blkhang/plant.ko";
constexpr auto kPortTime = std::chrono::seconds(20);

/// A path, if there is something.
std::filesystem::path if_there(const char* path) { return is_there(path) ? path : ""; }

GuestMeans guests_in_here() {
    return {.qemu = if_there("/usr/bin/qemu-system-x86_64"),
            .kernel = if_there("/blkhang/inner/kernel"),
            .initramfs = if_there("/blkhang/inner/initramfs"),
            .image = {}};
}

Result<Job> read_job() {
    const auto text = read_file("/blkhang/job.json");
    if (!text) {
        return fail(text.error());
    }
    return decode_job(*text);
}

/// Without sync: a hung machine would not come back from it, and the disks are thrown away.
[[noreturn]] void power_off() {
    ::reboot(RB_POWER_OFF);
    for (;;) {
        ::pause();
    }
}

[[noreturn]] void give_up(const Error& error) {
    complain(shown("blkhang: {}\n", error.message()));
    power_off();
}

}  // namespace

void guest_main() {
    ::prctl(PR_SET_NAME, "blkhang");
    return_large_blocks();
    ::setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);  // for every child
    const auto roots = Roots::make({});
    if (!roots) {
        give_up(roots.error());
    }
    ForgetfulLedger ledger;
    LinuxSyscalls calls;
    const Staging staging{*roots, ledger, calls};
    std::vector<std::string> notes;
    if (auto has_devtmpfs = mount_system(staging); !has_devtmpfs) {
        give_up(has_devtmpfs.error());
    } else if (!*has_devtmpfs) {
        notes.emplace_back("this kernel has no devtmpfs: device files were made one by one");
        if (auto kept = keep_device_nodes(roots->sys(), roots->dev()); !kept) {
            notes.push_back("devices that came later have no files: " + kept.error().message());
        }
    }
    const auto inserted = insert_modules(staging, kModules);
    const auto job = read_job();
    if (job && job->kind == Job::Kind::write) {
        write_as_guest(job->profile);
        power_off();
    }
    auto port = Port::find(kStreamName, kSerialStream, Deadline::after(kPortTime), {});
    if (!port) {
        give_up(inserted ? port.error() : inserted.error());
    }
    const auto hello = hello_of_this_kernel();
    port->send(hello);
    if (port->is_serial()) {
        notes.emplace_back(
            "this kernel drives no virtio-serial port: what is seen leaves over a serial line, which is slow");
    }
    for (const auto& note : notes) {
        port->send(seen::Note{monotonic_ns(), note});
    }
    if (!inserted) {
        port->send(seen::Failure{inserted.error().message()});
    } else if (!job) {
        port->send(seen::Failure{job.error().message()});
    } else if (auto planted = job->plant.empty() ? Status{} : insert_module(staging, kPlant); !planted) {
        port->send(seen::Failure{planted.error().message()});
    } else {
        port->add_page(ProofPage::open());
        LibCgroup cgroups;
        GuestSite site(staging, cgroups, kStressNg, guests_in_here());
        carry_out(*job, hello, *port, site);
    }
    port->send(seen::End{monotonic_ns(), kernel_taint()});
    power_off();
}

}  // namespace blkhang
