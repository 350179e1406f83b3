// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/local_executor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "base/sizes.h"
#include "machine/facts.h"

namespace blkhang {

Executor::Capacity LocalExecutor::capacity(std::uint64_t cell_memory) const {
    const std::uint64_t by_memory = gather_host_facts().memory_available / std::max<std::uint64_t>(1, cell_memory);
    const std::uint64_t by_cpus = std::thread::hardware_concurrency();
    return {std::min(by_memory, by_cpus), fmt::format("this machine has {} CPUs, and memory for {} guests of {}",
                                                      by_cpus, by_memory, format_size(cell_memory))};
}

Result<Executor::Ticket> LocalExecutor::submit(const CellOrder& order) {
    std::vector<std::string> argv{program_, "cell", order.directory.string(), "--color", "never"};
    if (order.trusts_kernels) {
        argv.emplace_back("--trust-kernels");
    }
    auto child = Child::spawn(argv, {{order.log.get(), STDOUT_FILENO}, {order.log.get(), STDERR_FILENO}});
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
