// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/local_executor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "base/sizes.h"
#include "machine/facts.h"

namespace blkhang {
namespace {

constexpr int kBootState = 3;  // the descriptor's number in the cell's process

}  // namespace

Executor::Capacity LocalExecutor::capacity(std::uint64_t cell_memory) const {
    const std::uint64_t by_memory = gather_host_facts().memory_available / std::max<std::uint64_t>(1, cell_memory);
    const std::uint64_t by_cpus = std::thread::hardware_concurrency();
    return {std::min(by_memory, by_cpus), fmt::format("this machine has {} CPUs, and memory for {} guests of {}",
                                                      by_cpus, by_memory, format_size(cell_memory))};
}

int LocalExecutor::boot_state(const std::string& machine) {
    if (states_.empty() || machine.empty()) {
        return -1;
    }
    const auto [found, is_new] = boot_states_.try_emplace(machine);
    if (is_new) {
        found->second.reset(::open(states_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
        if (!found->second.valid()) {
            spdlog::warn("each guest boots: {}", Error::from_errno(errno, states_.string()).message());
            states_.clear();
        }
    }
    return found->second.get();
}

Result<Executor::Ticket> LocalExecutor::submit(const CellOrder& order) {
    std::vector<std::string> argv{program_, "cell", order.directory.string(), "--color", "never"};
    if (order.trusts_kernels) {
        argv.emplace_back("--trust-kernels");
    }
    std::vector<Child::Inherit> descriptors{{order.log.get(), STDOUT_FILENO}, {order.log.get(), STDERR_FILENO}};
    if (const int state = boot_state(order.machine); state >= 0) {
        descriptors.push_back({state, kBootState});
        argv.insert(argv.end(), {"--boot-state", std::to_string(kBootState)});
    }
    auto child = Child::spawn(argv, descriptors);
    if (!child) {
        return fail(child.error());
    }
    children_.emplace(++next_, std::move(*child));
    return next_;
}

std::optional<int> LocalExecutor::look(Ticket ticket) {
    const auto code = children_.at(ticket).poll();
    if (code) {
        children_.erase(ticket);
    }
    return code;
}

void LocalExecutor::cancel(Ticket ticket, Cancel how) {
    Child& child = children_.at(ticket);
    if (how == Cancel::in_good_order) {
        ::kill(child.pid(), SIGTERM);
        return;
    }
    child.kill();
    children_.erase(ticket);
}

}  // namespace blkhang
