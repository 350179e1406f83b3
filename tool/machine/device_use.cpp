// SPDX-License-Identifier: GPL-2.0-only
#include "machine/device_use.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <system_error>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "machine/device_content.h"
#include "machine/device_definitions.h"
#include "machine/device_findings.h"
#include "machine/device_kinds.h"
#include "machine/device_mounts.h"
#include "machine/device_processes.h"
#include "machine/device_tree.h"
#include "machine/pid_namespace.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// What libblkid calls it -> what speaks against taking it. The first row that fits.
struct SignatureRow {
    std::string_view type;  ///< or its beginning, before '*'; empty: any
    std::string_view usage;
    DeviceReason reason;
};
constexpr std::array kSignatureRows = {
    SignatureRow{"", "partitions", DeviceReason::partition_table},
    SignatureRow{"swap*", "", DeviceReason::swap_signature},
    SignatureRow{"swsuspend", "", DeviceReason::swap_signature},
    SignatureRow{"jbd", "", DeviceReason::external_journal},
    SignatureRow{"xfs_external_log", "", DeviceReason::external_journal},
    SignatureRow{"LVM*", "", DeviceReason::lvm},
    SignatureRow{"zfs_member", "", DeviceReason::zfs},
    SignatureRow{"bcache", "", DeviceReason::bcache},
    SignatureRow{"ceph_bluestore", "", DeviceReason::ceph},
    SignatureRow{"", "crypto", DeviceReason::encrypted},
    SignatureRow{"", "raid", DeviceReason::raid},
    SignatureRow{"", "filesystem", DeviceReason::filesystem},
    SignatureRow{"", "", DeviceReason::signature},
};

bool fits(const SignatureRow& row, const Signature& signature) {
    if (!row.usage.empty() && row.usage != signature.usage) {
        return false;
    }
    return row.type.ends_with('*') ? signature.type.starts_with(row.type.substr(0, row.type.size() - 1))
                                   : row.type.empty() || row.type == signature.type;
}

DeviceReason reason_of(const Signature& signature) {
    return std::ranges::find_if(kSignatureRows, [&](const SignatureRow& row) { return fits(row, signature); })->reason;
}

/// Programs that look at a disk for a moment after every change to it.
bool looks_briefly(const OpenDevice& open) {
    constexpr std::array<std::string_view, 7> kNames = {"(udev-worker)", "systemd-udevd", "udevd",  "probe-bcache",
                                                        "blkid",         "mdadm",         "blkhang"};
    return !open.writing && std::ranges::find(kNames, open.comm) != kNames.end();
}

class DeviceSurvey {
public:
    DeviceSurvey(const HostRoots& roots, const DeviceSystem& system, const DeviceSurveyOptions& options,
                 DeviceTree tree)
        : roots_(roots), system_(system), options_(options), tree_(std::move(tree)), findings_(roots_, tree_) {}

    Result<std::vector<DeviceUse>> all() {
        const ProcessScan processes = scan_processes(roots_, system_);
        const DeviceMounts mounts(roots_, system_, processes.mount_namespaces, tree_);
        tree_.connect_loops(roots_, system_);
        what_is_hidden(processes);
        mounts.find(options_.evidence, findings_);
        find_kinds(tree_, findings_);
        for (const OpenDevice& open : processes.open) {
            opened(open);
        }
        if (auto looked = look_at_contents(); !looked) {
            return fail(looked.error());
        }
        find_definitions(roots_, system_, tree_, tags_, findings_);
        return results();
    }

private:
    void what_is_hidden(const ProcessScan& processes) {
        if (processes.hidden != 0) {
            findings_.add_to_all(DeviceReason::unknown,
                                 fmt::format("{}, and so for {} of {} processes: they may have it open",
                                             processes.hidden_example, processes.hidden, processes.processes),
                                 "ask as root");
        }
        const fs::path own = roots_.proc / "self/ns/pid";
        std::error_code problem;
        const std::string space = fs::read_symlink(own, problem).string();
        if (space != kFirstPidNamespace) {
            findings_.add_to_all(DeviceReason::unknown,
                                 fmt::format("{}: {}, a container: processes outside of it are not seen", own.string(),
                                             problem ? problem.message() : space),
                                 "ask on the host itself");
        }
        const fs::path first = roots_.proc / "1/ns/mnt";
        static_cast<void>(fs::read_symlink(first, problem));
        if (problem) {
            findings_.add_to_all(
                DeviceReason::unknown,
                fmt::format("{}: {}: what the host has mounted is not seen", first.string(), problem.message()),
                "ask as root, with the host's own /proc");
        }
    }

    void opened(const OpenDevice& open) {
        const auto device = open.name.empty() ? tree_.find(open.device) : tree_.find(open.name);
        if (!device) {
            return;
        }
        const std::string how =
            open.name.empty() ? open.writing ? "open for writing" : "open for reading" : "registered with an io_uring";
        findings_.add_downwards(
            *device, looks_briefly(open) ? DeviceReason::settling : DeviceReason::open,
            fmt::format("{}: {}[{}] has {} {}", open.where, open.comm, open.pid, tree_.at(*device).name, how),
            open.pid);
    }

    Status look_at_contents() {
        tags_ = tags_of_links(roots_, system_, tree_);
        std::vector<ContentQuestion> questions;
        std::vector<std::size_t> devices;
        for (std::size_t i = 0; i < tree_.all().size(); ++i) {
            const BlockDevice& device = tree_.at(i);
            // An optical drive or a floppy would turn, and wait for a medium.
            const bool drive = device.name.starts_with("sr") || device.name.starts_with("fd");
            if (device.size != 0 && !drive && DeviceTree::attribute(device, "hidden") != "1") {
                const bool ours = options_.claimed == device.number;
                questions.push_back({findings_.path_of(i), device.number, !device.partition && !ours,
                                     device.partition ? Reading::signatures
                                     : ours           ? Reading::thorough
                                                      : Reading::samples});
                devices.push_back(i);
            }
        }
        auto answers = look_at_content(roots_, system_, questions, options_.patience);
        if (!answers) {
            return fail(answers.error());
        }
        contents_.resize(tree_.all().size());
        for (std::size_t k = 0; k < devices.size(); ++k) {
            contents_[devices[k]] = answers->devices[k];
            content(devices[k], answers->devices[k]);
        }
        for (const OpenDevice& mapped : answers->mapped) {
            if (const auto device = tree_.find(mapped.device)) {
                findings_.add_downwards(*device, DeviceReason::mapped,
                                        fmt::format("{}: {}[{}] has {} in its memory", mapped.where, mapped.comm,
                                                    mapped.pid, tree_.at(*device).name),
                                        mapped.pid);
            }
        }
        if (!answers->mappings_answered) {
            findings_.add_to_all(DeviceReason::unknown,
                                 fmt::format("{}/*/maps did not come back within {} ms: is this machine stuck?",
                                             roots_.proc.string(), options_.patience.count()),
                                 "ask again once the machine goes on");
        }
        return {};
    }

    void content(std::size_t device, const DeviceContent& content) {
        const std::string path = findings_.path_of(device).string();
        if (!content.answered) {
            findings_.add(
                device, DeviceReason::unknown,
                fmt::format("{} was not read within {} ms: is its queue frozen?", path, options_.patience.count()),
                "ask again once the machine goes on");
            return;
        }
        if (content.open_error != 0) {
            findings_.add(device, DeviceReason::unknown,
                          fmt::format("opening {}: {}", path, std::strerror(content.open_error)), "ask as root");
            return;
        }
        if (content.busy) {
            findings_.add(device, DeviceReason::busy,
                          fmt::format("opening {} exclusively: {}", path, std::strerror(EBUSY)));
        }
        if (content.read_error != 0) {
            findings_.add(device, DeviceReason::unknown,
                          fmt::format("reading {}: {}", path, std::strerror(content.read_error)), "dmesg tells why");
        }
        for (const Signature& each : content.signatures) {
            findings_.add(device, reason_of(each),
                          fmt::format("libblkid on {}: {}{}", path, each.type,
                                      each.label.empty() ? "" : fmt::format(" \"{}\"", each.label)),
                          path);
            if (!each.uuid.empty()) {
                tags_.emplace("UUID=" + each.uuid, device);
            }
            if (!each.label.empty()) {
                tags_.emplace("LABEL=" + each.label, device);
            }
        }
        if (!content.void_header.empty()) {
            findings_.add(device, DeviceReason::void_header, fmt::format("{}: {}", path, content.void_header));
        } else if (content.data_at) {
            findings_.add(device, DeviceReason::data,
                          fmt::format("{} is not blank: a byte at {} is not zero", path, *content.data_at));
        }
    }

    std::vector<DeviceUse> results() {
        std::vector<DeviceUse> uses;
        for (std::size_t i = 0; i < tree_.all().size(); ++i) {
            const BlockDevice& device = tree_.at(i);
            const BlockDevice& disk = tree_.at(device.disk);
            DeviceUse use;
            use.name = device.name;
            use.path = findings_.path_of(i);
            use.number = device.number;
            use.size = device.size;
            use.diskseq = device.diskseq;
            use.whole = !device.partition;
            use.model = model_of(disk);
            use.serial = serial_of(disk);
            use.wwn = wwn_of(disk);
            use.header = use.whole ? contents_[i].header : std::nullopt;
            use.reasons = findings_.of(i);
            std::ranges::stable_sort(use.reasons, {}, &ReasonAgainst::what);  // as the table has them
            uses.push_back(std::move(use));
        }
        return uses;
    }

    const HostRoots& roots_;
    const DeviceSystem& system_;
    const DeviceSurveyOptions& options_;
    DeviceTree tree_;
    DeviceFindings findings_;
    DeviceTags tags_;
    std::vector<DeviceContent> contents_;
};

/// Is it only kept from being unused by what is over in a moment?
bool may_settle(const DeviceUse& use) {
    return !use.unused() && std::ranges::all_of(use.reasons, [](const ReasonAgainst& each) {
        return each.what == DeviceReason::settling || each.what == DeviceReason::busy || waived_by_overwrite(each.what);
    }) && (use.has(DeviceReason::settling) || use.has(DeviceReason::busy));
}

}  // namespace

bool DeviceUse::has(DeviceReason reason) const {
    return std::ranges::any_of(reasons, [&](const ReasonAgainst& each) { return each.what == reason; });
}

Result<std::vector<DeviceUse>> survey_devices(const HostRoots& roots, const DeviceSystem& system,
                                              const DeviceSurveyOptions& options) {
    constexpr auto kPause = std::chrono::milliseconds(500);
    const Deadline settled = Deadline::after(options.settle_time);
    while (true) {
        auto tree = DeviceTree::load(roots);
        if (!tree) {
            return fail(tree.error());
        }
        auto uses = DeviceSurvey(roots, system, options, std::move(*tree)).all();
        if (!uses || settled.passed() || std::ranges::none_of(*uses, may_settle)) {
            return uses;
        }
        std::this_thread::sleep_for(kPause);
    }
}

}  // namespace blkhang
