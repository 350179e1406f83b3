// SPDX-License-Identifier: GPL-2.0-only
#include "lab/apt.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>

#include "base/file.h"
#include "base/process.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kTargets =
    "http://other.example/nodistro/ nodistro\n"
    "http://deb.example/debian/ bookworm\n"
    "http://deb.example/debian/ bookworm-updates\n"
    "http://sec.example/debian-security/ bookworm-security\n";

TEST(Mirrors, AreThoseOfTheHost) {
    const auto mirrors = parse_mirrors(kTargets);
    ASSERT_TRUE(mirrors) << mirrors.error().message();
    EXPECT_EQ(mirrors->archive, "http://deb.example/debian/");
    EXPECT_EQ(mirrors->security, "http://sec.example/debian-security/");
}

TEST(Mirrors, ADiscIsNone) {
    const auto mirrors =
        parse_mirrors("cdrom:[Debian GNU/Linux 12 - amd64 NETINST]/ bookworm\n" + std::string(kTargets));
    ASSERT_TRUE(mirrors) << mirrors.error().message();
    EXPECT_EQ(mirrors->archive, "http://deb.example/debian/");
    EXPECT_EQ(mirrors->security, "http://sec.example/debian-security/");
}

TEST(Mirrors, HostWithoutDebianIsToldSo) {
    const auto mirrors = parse_mirrors("http://archive.example/ubuntu/ noble\n");
    ASSERT_FALSE(mirrors);
    EXPECT_EQ(mirrors.error().fault(), Fault::unsupported);
    EXPECT_THAT(mirrors.error().message(), HasSubstr("file:BZIMAGE"));
}

TEST(SourcesList, SendsEachSuiteToItsMirrorAndChecksSignatures) {
    const Mirrors mirrors{"http://deb.example/debian/", "http://sec.example/debian-security/"};
    const std::string text = sources_list(mirrors, {"trixie", "trixie-security"});
    EXPECT_THAT(text, HasSubstr("] http://deb.example/debian/ trixie main\n"));
    EXPECT_THAT(text, HasSubstr("] http://sec.example/debian-security/ trixie-security main\n"));
    EXPECT_THAT(text, HasSubstr("signed-by="));
    EXPECT_THAT(text, Not(HasSubstr("trusted=yes")));
}

TEST(SourcesList, LeavesOutSecurityWithoutItsMirror) {
    EXPECT_THAT(sources_list({"http://deb.example/debian/", ""}, {"trixie", "trixie-security"}),
                Not(HasSubstr("trixie-security")));
}

TEST(NetworkSettings, OfTheHostTheWayToTheMirrorsIsTakenAndNothingElse) {
    EXPECT_EQ(network_settings("APT::Get::AllowUnauthenticated \"true\";\n"
                               "Acquire::AllowInsecureRepositories \"1\";\n"
                               "Acquire::http \"\";\n"
                               "Acquire::http::Proxy \"http://proxy.example:3128\";\n"
                               "acquire::HTTPS::proxy::deb.example \"DIRECT\";\n"
                               "Acquire::http::Proxy-Auto-Detect \"/usr/bin/find-proxy\";\n"
                               "Acquire::https::Verify-Peer \"false\";\n"
                               "Acquire::https::CAInfo \"/etc/ssl/ours.pem\";\n"
                               "APT::Update::Pre-Invoke:: \"touch /x\";\n"
                               "Acquire::http::Proxy::x \"a\"; DPkg::Pre-Invoke { \"touch /x\";\n"
                               "Acquire::ForceIPv4 \"true\";\n"),
              "Acquire::http::Proxy \"http://proxy.example:3128\";\n"
              "acquire::HTTPS::proxy::deb.example \"DIRECT\";\n"
              "Acquire::https::CAInfo \"/etc/ssl/ours.pem\";\n"
              "Acquire::ForceIPv4 \"true\";\n");
}

/// A host whose administrator, or whoever got that far, has told apt to take anything and to call programs; and a
/// repository that nobody signed. All of it below a temporary directory.
class HostileHost : public testing::Test {
protected:
    void SetUp() override {
        if (!fs::exists("/usr/share/keyrings/debian-archive-keyring.gpg")) {
            GTEST_SKIP() << "debian-archive-keyring is not installed";
        }
        const fs::path packages = at("repo/dists/bookworm/main/binary-amd64");
        for (const fs::path& directory :
             {packages, at("parts"), at("state/lists/partial"), at("cache/archives/partial")}) {
            fs::create_directories(directory);
        }
        write(packages / "Packages",
              "Package: linux-image-evil\nVersion: 1\nArchitecture: amd64\nFilename: evil.deb\nSize: 1\n");
        write(at("repo/dists/bookworm/Release"),
              "Suite: bookworm\nCodename: bookworm\nDate: Sun, 22 Nov 2026 20:00:00 UTC\nArchitectures: amd64\n"
              "Components: main\nSHA256:\n"
              " 2ad355b0871ba820dc4ac7286daa34b2dd96a5841b692a543fddbea13c18e37c 84 main/binary-amd64/Packages\n");
        write(at("state/status"), "");
        write(at("sources.list"), fmt::format("deb file:{} bookworm main\n", at("repo").string()));
        write(at("parts/99evil"), fmt::format(R"(APT::Get::AllowUnauthenticated "true";
Acquire::AllowInsecureRepositories "true";
Acquire::AllowWeakRepositories "true";
Acquire::AllowDowngradeToInsecureRepositories "true";
APT::Update::Pre-Invoke {{ "touch {0}"; }};
APT::Update::Post-Invoke {{ "touch {0}"; }};
APT::Update::Post-Invoke-Success {{ "touch {0}"; }};
DPkg::Pre-Invoke {{ "touch {0}"; }};
)",
                                              called().string()));
        write(at("apt.conf"), fmt::format(R"(Dir::Etc::main "/dev/null";
Dir::Etc::parts "{0}/parts";
Dir::Etc::sourcelist "{0}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State "{0}/state";
Dir::State::status "{0}/state/status";
Dir::Cache "{0}/cache";
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
APT::Sandbox::User "root";
)",
                                          dir_.path().string()));
        ::setenv("APT_CONFIG", at("apt.conf").c_str(), 1);
    }
    void TearDown() override { ::unsetenv("APT_CONFIG"); }

    static void write(const fs::path& file, const std::string& text) { ASSERT_TRUE(write_file(file, text)); }
    [[nodiscard]] fs::path at(const char* name) const { return dir_.path() / name; }
    [[nodiscard]] fs::path called() const { return at("called"); }

    TempDir dir_ = TempDir::make("apt-test").value();
};

TEST_F(HostileHost, CannotMakeUsTakeWhatIsNotSigned) {
    const auto fooled = command_stdout({"apt-get", "update"}, Deadline::after(std::chrono::minutes(1)));
    ASSERT_TRUE(fooled) << "the host's own apt takes it: " << fooled.error().message();
    ASSERT_TRUE(fs::remove(called())) << "and calls its programs";

    auto apt = Apt::prepare(at("our own, 'with blanks'"), {"bookworm"});
    ASSERT_TRUE(apt) << apt.error().message();
    const Status refreshed = apt->refresh(true);
    ASSERT_FALSE(refreshed);
    EXPECT_THAT(refreshed.error().message(), HasSubstr("is not signed"));
    EXPECT_THAT(apt->names("linux-image-").value(), testing::IsEmpty());
    EXPECT_FALSE(fs::exists(called()));
}

TEST_F(HostileHost, APathThatAptCannotBeToldIsSaidSo) {
    ASSERT_TRUE(command_stdout({"apt-get", "update"}, Deadline::after(std::chrono::minutes(1))));
    const auto apt = Apt::prepare(at("a\"; DPkg::Pre-Invoke { \"x\"; };"), {"bookworm"});
    ASSERT_FALSE(apt);
    EXPECT_THAT(apt.error().message(), HasSubstr("XDG_CACHE_HOME"));
}

}  // namespace
}  // namespace blkhang
