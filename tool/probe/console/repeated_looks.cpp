// SPDX-License-Identifier: GPL-2.0-only
#include "probe/console/repeated_looks.h"

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/io_flusher.h"

namespace blkhang {

struct RepeatedLooks::Shared {
    std::mutex lock;
    std::deque<BlockedLook> seen;
    std::atomic<bool> begun = false;
    std::atomic<bool> abandoned = false;
    std::atomic<std::uint64_t> began_ns = 0;  ///< the look that is under way; 0 between two

    void look_again_and_again(const Look& look, std::chrono::milliseconds between) {
        while (!abandoned) {
            if (begun) {
                const auto now = monotonic_ns();
                began_ns = now;
                auto one = look();
                one.began_ns = now;
                one.ended_ns = monotonic_ns();
                began_ns = 0;
                const std::scoped_lock guard(lock);
                seen.push_back(std::move(one));
            }
            std::this_thread::sleep_for(between);
        }
    }
};

RepeatedLooks::RepeatedLooks(Look look, std::chrono::milliseconds between) : shared_(std::make_shared<Shared>()) {
    std::thread([shared = shared_, look = std::move(look), between] {
        static_cast<void>(become_io_flusher());  // it must not wait in reclaim for those that it looks for
        shared->look_again_and_again(look, between);
    }).detach();
}

RepeatedLooks::~RepeatedLooks() { shared_->abandoned = true; }

void RepeatedLooks::begin() { shared_->begun = true; }

std::deque<BlockedLook> RepeatedLooks::take() {
    std::deque<BlockedLook> seen;
    const std::unique_lock guard(shared_->lock, std::try_to_lock);
    if (guard) {
        seen.swap(shared_->seen);
    }
    return seen;
}

std::uint64_t RepeatedLooks::lasts_ns() const {
    const auto began = shared_->began_ns.load();
    return began == 0 ? 0 : monotonic_ns() - began;
}

}  // namespace blkhang
