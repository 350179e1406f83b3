// SPDX-License-Identifier: GPL-2.0-only
#include "run/short_proof.h"

#include <utility>

#include "record/stream.h"

namespace blkhang {

std::string short_proof(seen::Proof proof) {
    if (proof.waits) {
        for (auto& wait : *proof.waits) {
            wait.stack.clear();
        }
    }
    return encode(std::move(proof));
}

}  // namespace blkhang
