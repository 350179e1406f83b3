// SPDX-License-Identifier: GPL-2.0-only
#include "load/percpu_churn.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "load/net_namespaces.h"
#include "load/percpu_array.h"

namespace blkhang {

ChosenChurn choose_percpu_churn() {
    if (create_percpu_array(sizeof(std::uint64_t), 1).valid()) {
        return {PercpuChurn::arrays, {}};
    }
    const auto denied = fmt::format("this kernel makes no BPF per-CPU arrays ({})", std::strerror(errno));
    const auto namespaces = try_net_namespace();
    if (namespaces) {
        return {PercpuChurn::namespaces, fmt::format("{}: the load makes network namespaces in place of them", denied)};
    }
    return {PercpuChurn::none,
            fmt::format("{}, and {}: nothing of the load allocates per-CPU memory but control groups", denied,
                        namespaces.error().message())};
}

}  // namespace blkhang
