// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/pstore.h"

#include <gmock/gmock.h>

#include "base/file.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Pstore, NamesTheKernelsLogsAndWhatItCannotRead) {
    const auto directory = *TempDir::make("pstore");
    const auto& path = directory.path();
    for (const char* name :
         {"dmesg-erst-7", "dmesg-ramoops-0", "console-ramoops-0", "pmsg-ramoops-0", "dmesg-efi-1.enc.z"}) {
        ASSERT_TRUE(write_file(path / name, "x"));
    }
    std::vector<std::string> problems;
    EXPECT_THAT(*pstore_logs(path, problems),
                ElementsAre((path / "console-ramoops-0").string(), (path / "dmesg-erst-7").string(),
                            (path / "dmesg-ramoops-0").string()));
    EXPECT_THAT(problems, ElementsAre(HasSubstr("compressed")));
    EXPECT_EQ(pstore_logs(path / "nothing", problems).error().fault(), Fault::usage);
}

}  // namespace
}  // namespace blkhang
