// SPDX-License-Identifier: GPL-2.0-only
#include "run/proof_page.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/line_page.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

// Inter-VM shared memory: QEMU's docs/specs/ivshmem-spec.txt. Its BAR 2 is the memory.
constexpr std::string_view kVendor = "0x1af4";
constexpr std::string_view kDevice = "0x1110";

bool is(const fs::path& file, std::string_view number) {
    const auto text = read_file(file);
    return text && text->starts_with(number);
}

/// Empty if there is none.
fs::path find_device(const fs::path& pci_devices) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(pci_devices, error)) {
        if (is(entry.path() / "vendor", kVendor) && is(entry.path() / "device", kDevice)) {
            return entry.path();
        }
    }
    return {};
}

}  // namespace

Result<ProofPage> ProofPage::open(const fs::path& pci_devices) {
    const auto device = find_device(pci_devices);
    if (device.empty()) {
        return fail(Fault::unsupported, "this machine shares no memory with the one outside (ivshmem)");
    }
    if (auto enabled = write_knob(device / "enable", "1"); !enabled) {
        return fail(enabled.error());
    }
    const auto memory = device / "resource2";
    const Fd file{::open(memory.c_str(), O_RDWR | O_CLOEXEC)};
    void* mapped =
        file.valid() ? ::mmap(nullptr, kLinePageSize, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0) : MAP_FAILED;
    if (mapped == MAP_FAILED) {
        return fail_errno(fmt::format("mapping {}", memory.string()));
    }
    return ProofPage(mapped);
}

bool ProofPage::write(std::string_view line) const { return put_line(memory_, line); }

}  // namespace blkhang
