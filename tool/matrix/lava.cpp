// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/lava.h"

#include <fmt/format.h>

#include <vector>

#include "base/directory.h"
#include "matrix/directory.h"
#include "matrix/foreign_kernel.h"
#include "matrix/limits.h"
#include "record/archive.h"

namespace blkhang {
namespace {

constexpr auto kBoot = std::chrono::minutes(10);     // the lab's machine
constexpr auto kPrepare = std::chrono::minutes(15);  // blkhang and the kernel are fetched, a plant is built
constexpr std::string_view kEndOfCell = "END_OF_CELL";

/// As a YAML scalar: JSON's strings are such.
std::string quoted(const std::string& text) { return Json(text).dump(); }

std::int64_t minutes(std::chrono::milliseconds span) { return std::chrono::ceil<std::chrono::minutes>(span).count(); }

std::string deploy_and_boot(LavaDevice device) {
    const std::string login = fmt::format(
        "      auto_login:\n"
        "        login_prompt: \"login:\"\n"
        "        username: root\n"
        "      prompts:\n"
        "        - \"@PROMPT@\"\n");
    if (device == LavaDevice::qemu) {
        return fmt::format(
            "  - deploy:\n"
            "      timeout:\n"
            "        minutes: {0}\n"
            "      to: tmpfs\n"
            "      images:\n"
            "        rootfs:\n"
            "          image_arg: \"-drive format=qcow2,file={{rootfs}}\"\n"
            "          url: \"@IMAGE_URL@\"\n"
            "  - boot:\n"
            "      timeout:\n"
            "        minutes: {0}\n"
            "      method: qemu\n"
            "      media: tmpfs\n{1}",
            minutes(kBoot), login);
    }
    return fmt::format(
        "  - deploy:\n"
        "      timeout:\n"
        "        minutes: {0}\n"
        "      to: tftp\n"
        "      kernel:\n"
        "        url: \"@KERNEL_URL@\"\n"
        "      ramdisk:\n"
        "        url: \"@RAMDISK_URL@\"\n"
        "      nfsrootfs:\n"
        "        url: \"@NFSROOT_URL@\"\n"
        "  - boot:\n"
        "      timeout:\n"
        "        minutes: {0}\n"
        "      method: grub\n"
        "      commands: nfs\n{1}",
        minutes(kBoot), login);
}

std::vector<std::string> steps(const Cell& cell) {
    return {
        "mkdir cell",
        "wget -q -O blkhang \"@BLKHANG_URL@\" && chmod +x blkhang",
        fmt::format("cat >cell/cell.json <<'{0}'\n{1}{0}", kEndOfCell, encode(cell)),
        "code=0; ./blkhang cell cell --color never || code=$?",
        "if [ -e cell/record.json ]; then ./blkhang report cell --color never || true; fi",
        "case $code in 0) result=pass ;; 1) result=fail ;; 4) result=skip ;; *) result=unknown ;; esac",
        fmt::format("lava-test-case {} --result $result", cell.id),
    };
}

std::string head(const Cell& cell, LavaDevice device) {
    return fmt::format(
        "# blkhang: {} on {}, run {}\n"
        "# Before it is submitted, put in place of: @BLKHANG_URL@ (the program, which is static), @PROMPT@ (of root's "
        "shell,\n"
        "# such as root@debian), {}.\n"
        "# The system needs wget, qemu-system-x86_64 and stress-ng; for deb: kernels apt, dpkg-deb and kmod.\n",
        cell.id, device == LavaDevice::qemu ? "LAVA's device type qemu" : "bare metal", cell.repeat,
        device == LavaDevice::qemu
            ? "@IMAGE_URL@ (a qcow2 image)"
            : "@DEVICE_TYPE@, and @KERNEL_URL@, @RAMDISK_URL@ and @NFSROOT_URL@ (what it boots)");
}

}  // namespace

std::string lava_job(const Cell& cell, LavaDevice device, std::chrono::milliseconds limit) {
    const auto test = limit + kPrepare;
    std::string text = head(cell, device);
    text += fmt::format("job_name: {}\n", quoted("blkhang " + cell.id));
    text += device == LavaDevice::qemu ? "device_type: qemu\ncontext:\n  arch: amd64\n  memory: 4096\n"
                                       : "device_type: \"@DEVICE_TYPE@\"\n";
    text += fmt::format(
        "priority: medium\n"
        "visibility: public\n"
        "timeouts:\n"
        "  job:\n"
        "    minutes: {}\n"
        "  action:\n"
        "    minutes: {}\n"
        "  connection:\n"
        "    minutes: 2\n",
        minutes(test + 2 * kBoot), minutes(test));
    text += fmt::format("metadata:\n  kernel: {}\n  profile: {}\n  plant: {}\n", quoted(cell.subject.kernel),
                        quoted(cell.subject.profile), quoted(cell.subject.plant));
    text += "actions:\n" + deploy_and_boot(device);
    text += fmt::format(
        "  - test:\n"
        "      timeout:\n"
        "        minutes: {}\n"
        "      definitions:\n"
        "        - from: inline\n"
        "          name: blkhang\n"
        "          path: inline/blkhang.yaml\n"
        "          repository:\n"
        "            metadata:\n"
        "              format: Lava-Test Test Definition 1.0\n"
        "              name: blkhang\n"
        "            run:\n"
        "              steps:\n",
        minutes(test));
    for (const std::string& step : steps(cell)) {
        text += fmt::format("                - {}\n", quoted(step));
    }
    return text;
}

Result<std::size_t> export_lava(const MatrixRequest& request, const std::vector<Profile>& profiles,
                                const std::filesystem::path& directory) {
    for (const std::string& kernel : kernels_of(request)) {
        if (!check_foreign_kernel(kernel)) {
            return fail(Error(Fault::usage, fmt::format("{} lies on this machine, and on none of a lab", kernel))
                            .hint("name a kernel as deb:PACKAGE=VERSION, or running for the one of the lab's system"));
        }
    }
    const auto into = Directory::make(directory);
    if (!into) {
        return fail(Error(into.error()).hint("name a directory that can be written with --export-lava"));
    }
    const auto guests = guests_of(profiles);
    auto cells = plan_cells(request, profiles);
    for (Cell& cell : cells) {
        cell.pinned = cell.label = cell.subject.kernel;
        const auto limit = cell_limit(request, guests.at(cell.subject.profile));
        for (const LavaDevice device : {LavaDevice::qemu, LavaDevice::bare_metal}) {
            const std::string name =
                fmt::format("{}.{}.yaml", cell.id, kLavaDeviceNames.at(static_cast<std::size_t>(device)));
            if (auto written = into->replace_unflushed(name.c_str(), lava_job(cell, device, limit)); !written) {
                return fail(written.error());
            }
        }
    }
    return cells.size();
}

}  // namespace blkhang
