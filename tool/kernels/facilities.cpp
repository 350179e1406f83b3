// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/facilities.h"

#include <algorithm>

namespace blkhang {

const Facility* facility_of(const FunctionNames& function) {
    const auto* const found = std::ranges::find(kFacilities, function, &Facility::function);
    return found == kFacilities.end() ? nullptr : found;
}

}  // namespace blkhang
