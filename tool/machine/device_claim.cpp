// SPDX-License-Identifier: GPL-2.0-only
#include "machine/device_claim.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "base/shell.h"
#include "base/sizes.h"
#include "machine/device_tree.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// udev looks at a disk under a shared lock, and stays away from one that is locked exclusively.
void keep_udev_away(int fd) {
    constexpr int kTries = 20;
    constexpr auto kPause = std::chrono::milliseconds(100);
    for (int i = 0; i < kTries && ::flock(fd, LOCK_EX | LOCK_NB) != 0; ++i) {
        std::this_thread::sleep_for(kPause);
    }
}

std::string told(const ReasonAgainst& reason) {
    return fmt::format("{}: {} ({})", word(reason.what), reason.fact, reason.clear);
}

std::string called(const DeviceUse& use) {
    return fmt::format("{} ({}{}) is called {}{}", use.path.string(), format_size(use.size),
                       use.model.empty() ? "" : ", " + use.model, identity_of(use),
                       use.wwn.empty() || use.wwn == identity_of(use) ? "" : " or " + use.wwn);
}

}  // namespace

const DeviceSystem& linux_devices() {
    static const LinuxDeviceSystem system;
    return system;
}

Result<DeviceClaim> claim_device(const fs::path& path, const HostRoots& roots, const DeviceSystem& system) {
    const auto target = system.look_at(AT_FDCWD, path.c_str());
    if (!target || target->kind != PathTarget::Kind::block) {
        return fail(
            Error(Fault::usage, fmt::format("{} is {}", path.string(), target ? "no block device" : "not there"))
                .hint("lsblk lists the block devices"));
    }
    const auto tree = DeviceTree::load(roots);
    if (!tree) {
        return fail(tree.error());
    }
    const auto index = tree->find(target->device);
    if (!index) {
        return fail(Fault::unsupported, fmt::format("{} is device {}, of which {} does not know", path.string(),
                                                    text(target->device), roots.sys.string()));
    }
    DeviceClaim claim;
    claim.number = target->device;
    claim.diskseq = tree->at(*index).diskseq;
    DeviceSurveyOptions options;
    if (auto fd = system.open(node_of(roots, tree->at(*index).name), O_RDONLY | O_EXCL | O_NONBLOCK)) {
        if (auto same = check_still_the_same(claim, fd->get(), system); !same) {
            return fail(same.error());
        }
        claim.fd = std::move(*fd);
        keep_udev_away(claim.fd.get());
        options.claimed = claim.number;
    }
    auto uses = survey_devices(roots, system, options);
    if (!uses) {
        return fail(uses.error());
    }
    const auto use = std::ranges::find(*uses, claim.number, &DeviceUse::number);
    if (use == uses->end() || use->diskseq != claim.diskseq) {
        return fail(Fault::broken, fmt::format("{} has gone while it was looked at", path.string()));
    }
    static_cast<DeviceUse&>(claim) = std::move(*use);
    return claim;
}

Result<DeviceClaim> claim_prepared_device(const fs::path& path, DevicePurpose purpose, const HostRoots& roots,
                                          const DeviceSystem& system) {
    auto claim = claim_device(path, roots, system);
    if (!claim) {
        return claim;
    }
    if (!claim->unused()) {
        return fail(refusal(*claim));
    }
    if (!claim->fd.valid()) {
        return fail(Fault::broken, fmt::format("{} could not be opened exclusively", claim->path.string()));
    }
    if (!claim->header) {
        return fail(Error(Fault::usage, fmt::format("{} does not carry blkhang's header", claim->path.string()))
                        .hint(fmt::format("blkhang prepare {} --serial {}", shell_quoted(claim->path.string()),
                                          shell_quoted(identity_of(*claim)))));
    }
    if (claim->header->purpose != purpose) {
        return fail(Fault::usage, fmt::format("{} was prepared for {}, not for {}", claim->path.string(),
                                              word(claim->header->purpose), word(purpose)));
    }
    return claim;
}

Status check_still_the_same(const DeviceClaim& claim, int fd, const DeviceSystem& system) {
    const auto now = system.look_at(fd);
    if (!now || now->kind != PathTarget::Kind::block || now->device != claim.number) {
        return fail(Fault::broken, fmt::format("what is open is not device {} any more", text(claim.number)));
    }
    const auto sequence = system.diskseq(fd);
    if (sequence && claim.diskseq && *sequence != *claim.diskseq) {
        return fail(Fault::broken, fmt::format("device {} is another disk by now: the {}th, it was the {}th",
                                               text(claim.number), *sequence, *claim.diskseq));
    }
    return {};
}

std::string identity_of(const DeviceUse& use) {
    if (!use.serial.empty()) {
        return use.serial;
    }
    return use.wwn.empty() ? fmt::format("{}-{}", use.name, use.size) : use.wwn;
}

Error refusal(const DeviceUse& use) {
    std::vector<std::string> messages;
    messages.push_back(fmt::format("{} cannot be taken:", use.path.string()));
    std::ranges::transform(use.reasons, std::back_inserter(messages), told);
    return {Fault::unsupported, std::move(messages)};
}

Status may_prepare(const DeviceUse& use, const PrepareRequest& request) {
    const auto waived = [](const ReasonAgainst& each) { return waived_by_overwrite(each.what); };
    if (!std::ranges::all_of(use.reasons, waived)) {
        return fail(refusal(use));
    }
    if (request.serial.empty() || (request.serial != identity_of(use) && request.serial != use.wwn)) {
        return fail(Error(Fault::usage, fmt::format("{}, which has to be repeated after --serial{}", called(use),
                                                    request.serial.empty() ? "" : "; that is not " + request.serial))
                        .hint(fmt::format("lsblk --nodeps --output NAME,SIZE,MODEL,SERIAL,WWN {}", use.path.string())));
    }
    if (request.overwrite) {
        return {};
    }
    if (!use.reasons.empty()) {
        return fail(refusal(use).hint("--overwrite gives up what is on it"));
    }
    if (use.header) {
        return fail(Error(Fault::usage, fmt::format("{} was prepared before, for {} ({})", use.path.string(),
                                                    word(use.header->purpose), uuid_text(*use.header)))
                        .hint("--overwrite gives up what is on it"));
    }
    return {};
}

}  // namespace blkhang
