// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/guest_parts.h"

#include <utility>

#include <fmt/format.h>

#include "base/program.h"
#include "lab/image.h"
#include "lab/kernel.h"
#include "profile/kernel_spec.h"
#include "run/job.h"

namespace blkhang {
namespace {

Status add_kernel(GuestParts& parts, const Profile& profile) {
    const auto spec = parse_kernel_spec("running");
    if (!spec) {
        return fail(spec.error());
    }
    const auto kernel = obtain_kernel(*spec);
    if (!kernel) {
        return fail(kernel.error());
    }
    Job job;
    job.kind = Job::Kind::write;
    job.profile = profile;
    ImageContent content;
    content.modules = {"virtio_pci", "virtio_blk"};
    content.job = encode_job(job);
    auto initramfs = make_image(*kernel, content);
    if (!initramfs) {
        return fail(initramfs.error());
    }
    parts.initramfs = std::move(*initramfs);
    parts.means.kernel = kernel->image;
    // In a child this number still means the same file.
    parts.means.initramfs = fmt::format("/proc/self/fd/{}", parts.initramfs.get());
    return {};
}

}  // namespace

Result<GuestParts> find_guest_parts(const Profile& profile, const std::filesystem::path& image) {
    GuestParts parts;
    if (profile.kvm.guests == 0) {
        return parts;
    }
    auto qemu = find_program("qemu-system-x86_64");
    if (!qemu) {
        return fail(qemu.error());
    }
    parts.means.qemu = std::move(*qemu);
    parts.means.image = image;
    if (!image.empty() || profile.kvm.boot == KvmBoot::sector) {
        return parts;
    }
    if (auto added = add_kernel(parts, profile); !added) {
        if (profile.kvm.boot == KvmBoot::kernel) {
            return fail_within(std::move(added.error()), "kvm.boot = \"kernel\"");
        }
        parts.notes.push_back(
            fmt::format("the virtual machines of the load boot a boot sector, not this host's kernel: {}",
                        added.error().message()));
    }
    return parts;
}

}  // namespace blkhang
