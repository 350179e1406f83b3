// SPDX-License-Identifier: GPL-2.0-only
#include "machine/fingerprints.h"

#include <bpf/btf.h>

#include <memory>
#include <optional>

#include "machine/percpu_gfp.h"

namespace blkhang {
namespace {

/// Number of parameters of a function; nothing if the kernel has no such function.
std::optional<int> parameters_of(const btf& kernel, const char* function) {
    const auto id = btf__find_by_name_kind(&kernel, function, BTF_KIND_FUNC);
    const auto* type = id > 0 ? btf__type_by_id(&kernel, static_cast<__u32>(id)) : nullptr;
    const auto* prototype = type != nullptr ? btf__type_by_id(&kernel, type->type) : nullptr;
    if (prototype == nullptr) {
        return std::nullopt;
    }
    return btf_vlen(prototype);
}

/// A function whose presence, or number of parameters, came or went with a change.
struct Mark {
    const char* fingerprint;
    const char* function;
    int parameters;       ///< "yes" from so many on; 0: if the function is there at all
    const char* context;  ///< without this function nothing can be told; it may be the same
};

constexpr Mark kMarks[] = {
    // The gfp flags are handed down to where the chunk's address space is reserved.
    {"percpu_backing_noio", "pcpu_get_vm_areas", 5, "pcpu_get_vm_areas"},
    {"freeze_noio", "blk_mq_freeze_queue_nomemsave", 0, "blk_freeze_queue_start"},
    {"elevator_tags_early", "blk_mq_alloc_sched_tags", 0, "elevator_switch"},
    {"elevator_data_early", "blk_mq_alloc_sched_res", 0, "elevator_switch"},
    // Takes the tags that were allocated before.
    {"nr_requests_early", "blk_mq_update_nr_requests", 3, "blk_mq_update_nr_requests"},
    {"wbt_early", "wbt_set_lat", 0, "wbt_init"},
};

/// Where only names are known.
constexpr int kUnknown = -1;

/// By what tells the number of parameters of a function.
template <class ParametersOf>
std::map<std::string, std::string> fingerprints_by(const ParametersOf& parameters) {
    const auto has = [&](const char* function) { return parameters(function).has_value(); };
    std::map<std::string, std::string> found;
    const auto tell = [&](const char* fingerprint, bool yes) { found[fingerprint] = yes ? "yes" : "no"; };
    for (const Mark& mark : kMarks) {
        const auto count = parameters(mark.function);
        if (has(mark.context) && (mark.parameters == 0 || count != kUnknown)) {
            tell(mark.fingerprint, count && (mark.parameters == 0 || *count >= mark.parameters));
        }
    }
    if (has("ioc_qos_write")) {
        // The second came in the place of the first in 7.2.
        tell("iocost_frozen", has("blkg_conf_open_bdev_frozen") || has("blkg_conf_close_bdev"));
    }
    if (has("blk_throtl_init")) {
        // Both went when 6.10 made the throttle's start lazy.
        tell("throttle_on_demand", !has("blk_throtl_register") && !has("blk_throtl_register_queue"));
    }
    return found;
}

}  // namespace

std::map<std::string, std::string> fingerprints_of(const btf& kernel) {
    return fingerprints_by([&](const char* function) { return parameters_of(kernel, function); });
}

std::map<std::string, std::string> fingerprints_of(const Symbols& kernel) {
    return fingerprints_by(
        [&](const char* function) { return kernel.has_function(function) ? std::optional{kUnknown} : std::nullopt; });
}

std::map<std::string, std::string> read_fingerprints() {
    const std::unique_ptr<btf, decltype(&btf__free)> kernel{btf__load_vmlinux_btf(), &btf__free};
    if (kernel) {
        return fingerprints_of(*kernel);
    }
    const auto symbols = Symbols::load();
    return symbols ? fingerprints_of(*symbols) : std::map<std::string, std::string>{};
}

std::map<std::string, std::string> gather_fingerprints() {
    const std::unique_ptr<btf, decltype(&btf__free)> kernel{btf__load_vmlinux_btf(), &btf__free};
    auto found = kernel ? fingerprints_of(*kernel) : std::map<std::string, std::string>{};
    if (const auto takes = noio_percpu_takes_mutex("/sys/kernel/tracing")) {
        found["noio_percpu_takes_mutex"] = *takes ? "yes" : "no";
    }
    return found;
}

}  // namespace blkhang
