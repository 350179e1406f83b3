// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "guest/host_table.h"
#include "guest/survey.h"
#include "kernels/family.h"

namespace blkhang {

/// What a kernel said about itself in a guest, for people and for programs.
std::vector<CheckRow> survey_rows(const Survey& survey);
nlohmann::ordered_json survey_json(const Survey& survey);
/// A member of the family as programs get it, of a guest's kernel or of this host's.
nlohmann::ordered_json member_json(const FamilyMember& member);

}  // namespace blkhang
