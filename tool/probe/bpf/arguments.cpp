// SPDX-License-Identifier: GPL-2.0-only
#include "probe/bpf/arguments.h"

#include <bpf/btf.h>

namespace blkhang {

std::optional<int> find_argument(const btf& kernel, const std::string& tracepoint, const std::string& type) {
    // typedef void (*btf_trace_NAME)(void *data, ARGUMENTS)
    const auto id = btf__find_by_name_kind(&kernel, ("btf_trace_" + tracepoint).c_str(), BTF_KIND_TYPEDEF);
    const auto* name = id > 0 ? btf__type_by_id(&kernel, static_cast<__u32>(id)) : nullptr;
    const auto* pointer = name != nullptr ? btf__type_by_id(&kernel, name->type) : nullptr;
    const auto* prototype = pointer != nullptr ? btf__type_by_id(&kernel, pointer->type) : nullptr;
    if (prototype == nullptr || !btf_is_func_proto(prototype)) {
        return std::nullopt;
    }
    const auto* parameters = btf_params(prototype);
    for (int i = 1; i < btf_vlen(prototype); ++i) {
        const auto* parameter = btf__type_by_id(&kernel, parameters[i].type);
        if (parameter != nullptr && btf_is_typedef(parameter) &&
            type == btf__name_by_offset(&kernel, parameter->name_off)) {
            return i - 1;
        }
    }
    return std::nullopt;
}

}  // namespace blkhang
