// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/listing.h"

#include <gmock/gmock.h>

#include "base/file.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

TEST(Listing, NamesWhatMayBeOursInItsOrder) {
    const auto path = *TempDir::make("listing");
    for (const char* name : {"b", "a", ".hidden", "with blank", "c"}) {
        ASSERT_TRUE(write_file(path.path() / name, ""));
    }
    const auto directory = *Directory::open(path.path());
    EXPECT_THAT(*names_in(directory, 100), ElementsAre("a", "b", "c"));
    EXPECT_THAT(*names_in(directory, 2), SizeIs(2));
}

}  // namespace
}  // namespace blkhang
