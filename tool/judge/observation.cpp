// SPDX-License-Identifier: GPL-2.0-only
#include "judge/observation.h"

#include <array>
#include <cstddef>

namespace blkhang {
namespace {

constexpr std::array<std::string_view, kScopeCount> kScopeNames{
    "percpu_alloc", "percpu_alloc_noio", "percpu_alloc_nowait", "percpu_balance", "percpu_mutex",
    "reclaim",      "reclaim_noio",      "submit_bio",          "blk_throtl",     "swap_out",
    "queue_frozen", "queue_enter",       "blkg_conf",           "blkcg_mutex",    "rq_qos_mutex"};
constexpr std::array<std::string_view, 5> kWaitKindNames{"mutex", "kswapd", "queue", "drain", "memory"};

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& names, std::string_view name) {
    for (std::size_t i = 0; i < N; ++i) {
        if (names[i] == name) {
            return static_cast<Enum>(i);
        }
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(Scope scope) { return kScopeNames.at(static_cast<std::size_t>(scope)); }
std::optional<Scope> scope_from(std::string_view name) { return find<Scope>(kScopeNames, name); }

std::string frozen_queue(std::string_view disk) { return std::string(kFrozenQueue).append(disk); }

std::string queue_users(std::string_view disk) { return std::string(kQueueUsers).append(disk); }

std::string_view to_string(WaitKind kind) { return kWaitKindNames.at(static_cast<std::size_t>(kind)); }
std::optional<WaitKind> wait_kind_from(std::string_view name) { return find<WaitKind>(kWaitKindNames, name); }

}  // namespace blkhang
