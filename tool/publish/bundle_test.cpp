// SPDX-License-Identifier: GPL-2.0-only
#include "publish/bundle.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <map>
#include <optional>

#include "base/file.h"
#include "base/process.h"
#include "profile/profile_toml.h"
#include "profile/shipped.h"
#include "record/files.h"
#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// What must not get out, as it stands in one file or another.
constexpr const char* kSecrets[] = {"kvm7",
                                    "alice",
                                    "10.7.8.9",
                                    "fe80::5054:ff:feab:cdef",
                                    "52:54:00:ab:cd:ef",
                                    "S3Z2NB0K",
                                    "5c1f9f1e-8a3b",
                                    "lab.example.com",
                                    "buildbox",
                                    "PF0X1Y2Z",
                                    "8.8.4.4",
                                    "52:54:00:12:34:56",
                                    "10.9.8.7",
                                    "dave",
                                    "frank",
                                    "3f2c9d1a7be44f0e",
                                    "R58M123ABC",
                                    "500507630300c562",
                                    "9b8c7d6e5f4",
                                    "80868086S1X2",
                                    "bob",
                                    "admin"};
/// What looks a little like it and has to stay.
constexpr const char* kInnocent[] = {"6.1.192",
                                     "6.1.0-43-cloud-amd64",
                                     "Linux version 6.1.0.1",
                                     "12:34:56.789",
                                     "0000:00:1f.2",
                                     "std::vector",
                                     "0xffffffff81000000",
                                     "127.0.0.1",
                                     "1.16.2-debian-1.16.2-1",
                                     "pcpu_alloc+0xa7/0x5e2",
                                     "kernel 6.1.192.1",
                                     "at 00:11:22 on",
                                     "debian-kernel@lists.debian.org"};

class Bundle : public testing::Test {
protected:
    void SetUp() override {
        ::setenv("USER", "bob", 1);
        ::setenv("LOGNAME", "admin", 1);
        Record record = replay::record("self-deadlock");
        record.run.started = "2026-11-22T20:00:00Z";
        record.run.detail = "on kvm7.lab.example.com as alice, S3Z2NB0K";
        record.run.kernel = "file:/home/alice/bzImage";
        record.kernel.config = {{"CONFIG_SWAP", "y"}, {"CONFIG_LOCKDEP", "n"}};
        write(files::kRecord, encode(record));
        write(files::kEvents, read_file(replay::path("self-deadlock")).value() +
                                  R"({"t":"kmsg","at_ns":1,"level":6,"text":"alice\nhostname=kvm7 10.7.8.9"})"
                                  "\n" +
                                  "{\"damaged\": \"kvm7\n");
        write(files::kConsole,
              "Linux version 6.1.0.1 (alice@buildbox) 6.1.192\n"
              "(debian-kernel@lists.debian.org) BIOS 1.16.2-debian-1.16.2-1\n"
              "kvm7 login: alice\nlink/ether 52:54:00:ab:cd:ef inet6 fe80::5054:ff:feab:cdef/64 inet 10.7.8.9/24\n"
              "root=UUID=5c1f9f1e-8a3b-4c2d-9e0f-a1b2c3d4e5f6 127.0.0.1 12:34:56.789 0xffffffff81000000\n"
              "System Serial Number: PF0X1Y2Z\nvirtio serial=S3Z2NB0K pci 0000:00:1f.2: std::vector\n");
        write(files::kKmsg,
              "Nov 22 20:00:00 kvm7 kernel: nfs server 8.8.4.4 not responding, still trying\n"
              "wlan0: 52:54:00:12:34:56: disassociated; client id 01:52:54:00:12:34:56; kernel 6.1.192.1\n"
              "kernel: 10.9.8.7: lost at 00:11:22 on "
              "by-path/ip-8.8.4.4:3260-iscsi-iqn.1993-08.org.debian:01:9b8c7d6e5f4\n"
              "Started Session 1 of User dave.\nsu: (to root) frank on tty1\nmail for bob and admin, /srv/bob/x\n"
              "systemd.machine_id=3f2c9d1a7be44f0e9d1a7be43f2c9d1a androidboot.serialno=R58M123ABC "
              "WWPN=0x500507630300c562 nqn.2014.08.org.nvmexpress:80868086S1X2\n");
        write(files::kProfile, "# by alice@kvm7.lab.example.com\n" + to_toml(load_profile("kvm-2011").value()));
    }

    void write(const fs::path& name, std::string_view content) {
        fs::create_directories((directory() / name).parent_path());
        ASSERT_TRUE(write_file(directory() / name, content));
    }
    void TearDown() override {
        restore("USER", user_);
        restore("LOGNAME", logname_);
    }

    static std::optional<std::string> variable(const char* name) {
        const char* value = std::getenv(name);
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    }
    static void restore(const char* name, const std::optional<std::string>& value) {
        if (value) {
            ::setenv(name, value->c_str(), 1);
        } else {
            ::unsetenv(name);
        }
    }
    [[nodiscard]] fs::path directory() const { return home_.path() / "run"; }
    [[nodiscard]] fs::path file(const std::string& name) const { return home_.path() / name; }
    Status pack(const std::string& name, bool keep = false) {
        return write_bundle(directory(), file(name), keep, Templates::built_in());
    }
    static std::string output_of(const std::vector<std::string>& command) {
        return command_stdout(command, Deadline::after(std::chrono::seconds(30))).value();
    }
    /// By the path below the bundle's directory.
    std::map<std::string, std::string> unpacked(const std::string& name) {
        const fs::path into = home_.path() / ("unpacked-" + name);
        fs::create_directories(into);
        output_of({"tar", "-C", into.string(), "--zstd", "-xf", file(name).string()});
        std::map<std::string, std::string> members;
        for (const auto& entry : fs::recursive_directory_iterator(into)) {
            if (entry.is_regular_file()) {
                const std::string path = fs::relative(entry.path(), into).string();
                members[path.substr(path.find('/') + 1)] = read_file(entry.path()).value();
            }
        }
        return members;
    }

    const std::optional<std::string> user_ = variable("USER"), logname_ = variable("LOGNAME");
    TempDir home_ = TempDir::make("blkhang-bundle-").value();
};

TEST_F(Bundle, TheWholeConfigurationIsPackedWhereTheRunLeftIt) {
    write(files::kKernelConfig,
          "CONFIG_SWAP=y\nCONFIG_SYSTEM_TRUSTED_KEYS=\"/home/alice/certs.pem\"\n# CONFIG_KASAN is not set\n");
    ASSERT_TRUE(pack("a.tar.zst"));
    const auto members = unpacked("a.tar.zst");
    EXPECT_THAT(members.at("kernel.config"), AllOf(HasSubstr("# CONFIG_KASAN is not set\n"), Not(HasSubstr("alice"))));
}

TEST_F(Bundle, NoSecretGetsOutAndWhatLooksLikeOneStays) {
    ASSERT_TRUE(pack("a.tar.zst"));
    const auto members = unpacked("a.tar.zst");
    std::vector<std::string> names;
    std::string all;
    for (const auto& [name, content] : members) {
        names.push_back(name);
        all.append(name).append("\n").append(content);
        for (const char* secret : kSecrets) {
            EXPECT_THAT(content, Not(HasSubstr(secret))) << name;
        }
    }
    EXPECT_THAT(names, ElementsAre("console.log", "events.ndjson", "kernel.config", "kmsg.log", "profile.toml",
                                   "record.json", "report.txt", "reproduce.sh"));
    for (const char* innocent : kInnocent) {
        EXPECT_THAT(all, HasSubstr(innocent));
    }
    EXPECT_THAT(members.at("console.log"), HasSubstr("\nhost-1 login: user-1\n"));
    EXPECT_THAT(members.at("kmsg.log"), HasSubstr(" host-1 kernel: nfs server 192.0.2."));
    EXPECT_THAT(members.at("record.json"), HasSubstr("on host-1 as user-1, serial-2"));
    EXPECT_THAT(members.at("kernel.config"),
                AllOf(HasSubstr("\nCONFIG_SWAP=y\n"), HasSubstr("# CONFIG_LOCKDEP is not")));
}

TEST_F(Bundle, WhatCameOutCanBeRead) {
    ASSERT_TRUE(pack("a.tar.zst"));
    const auto members = unpacked("a.tar.zst");
    const auto record = decode_record(members.at("record.json"));
    ASSERT_TRUE(record) << record.error().message();
    EXPECT_EQ(record->verdict.value, Verdict::hang);
    EXPECT_EQ(encode(record->kernel.release == "6.1.0-43-cloud-amd64" ? *record : Record{}), members.at("record.json"));
    EXPECT_TRUE(parse_profile(members.at("profile.toml"), "profile.toml"));
    // Streams are untouched but for what was replaced; what is damaged stays so.
    const std::string stream = read_file(replay::path("self-deadlock")).value();
    EXPECT_EQ(members.at("events.ndjson").substr(0, stream.size()), stream);
    EXPECT_THAT(members.at("events.ndjson"), HasSubstr("user-1\\nhostname=host-1 192.0.2."));
    EXPECT_THAT(members.at("events.ndjson"), testing::EndsWith("{\"damaged\": \"host-1\n"));
}

TEST_F(Bundle, TwiceTheSameBytesOfUserZero) {
    ASSERT_TRUE(pack("a.tar.zst"));
    ASSERT_TRUE(pack("b.tar.zst"));
    EXPECT_EQ(read_file(file("a.tar.zst")).value(), read_file(file("b.tar.zst")).value());
    const std::string list =
        output_of({"env", "TZ=UTC", "tar", "--zstd", "--numeric-owner", "-tvf", file("a.tar.zst").string()});
    EXPECT_THAT(list, AllOf(HasSubstr(" 0/0 "), HasSubstr("2026-11-22 20:00 blkhang-record/record.json"),
                            HasSubstr("-rwxr-xr-x 0/0")));
}

TEST_F(Bundle, IdentityIsKeptOnRequest) {
    ASSERT_TRUE(pack("a.tar.zst", true));
    const auto members = unpacked("a.tar.zst");
    for (const char* name : {files::kRecord, files::kEvents, files::kConsole, files::kKmsg, files::kProfile}) {
        EXPECT_EQ(members.at(name), read_file(directory() / name).value()) << name;
    }
}

TEST_F(Bundle, TheScriptRunsBlkhangAndPassesItsExitStatusOn) {
    ASSERT_TRUE(pack("a.tar.zst"));
    (void)unpacked("a.tar.zst");
    const fs::path script = home_.path() / "unpacked-a.tar.zst/blkhang-record/reproduce.sh";
    const fs::path stand_in = home_.path() / "stand-in";
    ASSERT_TRUE(write_file(stand_in, "#!/bin/sh\nprintf '[%s]' \"$@\"\nexit 3\n"));
    fs::permissions(stand_in, fs::perms::owner_all);
    const auto run = [&](std::vector<std::string> environment, std::vector<std::string> more) {
        std::vector<std::string> command{"env"};
        command.insert(command.end(), environment.begin(), environment.end());
        command.push_back(script.string());
        command.insert(command.end(), more.begin(), more.end());
        return run_command(command, Deadline::after(std::chrono::seconds(30))).value();
    };
    // The kernel was an image of alice's.
    EXPECT_EQ(run({"BLKHANG=" + stand_in.string()}, {}).exit_code, 2);
    const auto done = run({"BLKHANG=" + stand_in.string(), "KERNEL=deb:6.1"}, {"--duration", "5 s"});
    EXPECT_EQ(done.exit_code, 3);
    EXPECT_EQ(done.out,
              "[run][" + (script.parent_path() / "profile.toml").string() + "][--guest][deb:6.1][--duration][5 s]");
    const auto absent = run({"BLKHANG=/nowhere/blkhang", "KERNEL=deb:6.1"}, {});
    EXPECT_EQ(absent.exit_code, 5);
    EXPECT_THAT(absent.err, HasSubstr("there is no /nowhere/blkhang"));
}

TEST_F(Bundle, AMatrixWithAllItsRuns) {
    fs::remove_all(directory());
    Matrix matrix = build::runs({"tree:/home/alice/linux", "kvm-2011", ""}, 1, 1);
    write(files::kMatrix, encode(matrix));
    write(files::kMatrixRequest, "kernels = [\"tree:/home/alice/linux\"]\nprofiles = [\"kvm-2011\"]\n");
    write("cells/cell-0/record.json", encode(replay::record("self-deadlock")));
    write("cells/cell-0/console.log", "hello alice\n");
    ASSERT_TRUE(pack("m.tar.zst"));
    const auto members = unpacked("m.tar.zst");
    EXPECT_EQ(members.at("cells/cell-0/console.log"), "hello user-1\n");
    EXPECT_THAT(members.at("matrix.toml"), HasSubstr("tree:/home/user-1/linux"));
    EXPECT_THAT(members.at("report.txt"), HasSubstr("/home/user-1/linux"));
    EXPECT_TRUE(decode_matrix(members.at("matrix.json")));
    EXPECT_THAT(members.at("reproduce.sh"), HasSubstr("matrix.toml"));
}

TEST_F(Bundle, NothingFromOutsideIsPacked) {
    const auto error = [&] {
        const Status packed = pack("a.tar.zst");
        return packed ? std::string("none") : packed.error().message();
    };
    for (const char* name : {files::kRecord, files::kConsole, files::kEvents, files::kProfile}) {
        const auto kept = read_file(directory() / name).value();
        fs::remove(directory() / name);
        fs::create_symlink("/etc/passwd", directory() / name);
        EXPECT_THAT(error(), AllOf(HasSubstr(name), HasSubstr("found a link")));
        fs::remove(directory() / name);
        ASSERT_EQ(::mkfifo((directory() / name).c_str(), 0600), 0);
        EXPECT_THAT(error(), AllOf(HasSubstr(name), HasSubstr("found a FIFO")));
        fs::remove(directory() / name);
        write(name, kept);
    }
    EXPECT_EQ(error(), "none");
}

TEST_F(Bundle, NoFileIsLargerThanARunLeavesIt) {
    fs::resize_file(directory() / files::kConsole, files::kLargestConsole);
    EXPECT_TRUE(pack("a.tar.zst", true));
    for (const auto& [name, largest] : {std::pair{files::kConsole, files::kLargestConsole},
                                        {files::kEvents, files::kLargestEvents},
                                        {files::kKmsg, files::kLargestKmsg}}) {
        const auto size = fs::file_size(directory() / name);
        fs::resize_file(directory() / name, largest + 1);
        const Status packed = pack("a.tar.zst", true);
        ASSERT_FALSE(packed);
        EXPECT_THAT(packed.error().message(), AllOf(HasSubstr(name), HasSubstr("no file of this kind is longer")));
        fs::resize_file(directory() / name, size);
    }
    fs::resize_file(directory() / files::kEvents, fs::file_size(directory() / files::kEvents) + limits::kLine + 1);
    const Status packed = pack("a.tar.zst");
    ASSERT_FALSE(packed);
    EXPECT_THAT(packed.error().message(), HasSubstr("events.ndjson: a line longer than 64KiB"));
}

TEST_F(Bundle, ManyLargeRunsAreRefusedAtOnce) {
    fs::remove_all(directory());
    constexpr std::uint32_t kRuns = 65;  // of 16 MiB
    write(files::kMatrix, encode(build::runs({"deb:6.1", "kvm-2011", ""}, kRuns, 0)));
    write(files::kMatrixRequest, "");
    for (std::uint32_t i = 0; i < kRuns; ++i) {
        const fs::path console = fmt::format("cells/cell-{}/console.log", i);
        write(console, "");
        fs::resize_file(directory() / console, files::kLargestConsole);
    }
    const Status packed = pack("a.tar.zst");
    ASSERT_FALSE(packed);
    EXPECT_THAT(packed.error().message(), AllOf(HasSubstr("MiB together, and a bundle takes 1GiB"),
                                                HasSubstr("from its directory below cells/")));
    EXPECT_FALSE(fs::exists(file("a.tar.zst")));
}

TEST_F(Bundle, WhatCannotBePackedIsSaid) {
    const auto error = [&](const std::string& name) {
        const Status packed = pack(name);
        return packed ? std::string("none") : packed.error().message();
    };
    EXPECT_THAT(error("a.zip"), HasSubstr("--bundle takes a FILE.tar.zst"));
    EXPECT_THAT(error(".tar.zst"), HasSubstr("--bundle takes a FILE.tar.zst"));
    fs::remove(directory() / files::kProfile);
    EXPECT_THAT(error("a.tar.zst"), HasSubstr("lacks profile.toml"));
    write(files::kRecord, "{");
    EXPECT_THAT(error("a.tar.zst"), HasSubstr("damaged record"));
    fs::remove_all(directory());
    Matrix matrix = build::runs({"deb:6.1", "kvm-2011", ""}, 1, 0);
    write(files::kMatrix, encode(matrix));
    EXPECT_THAT(error("a.tar.zst"), HasSubstr("lacks matrix.toml"));
    matrix.cells.front().id = "../../etc";
    write(files::kMatrixRequest, "");
    write(files::kMatrix, encode(matrix));
    EXPECT_THAT(error("a.tar.zst"), HasSubstr("cells[0].id: expected a name that can be part of a path"));
    EXPECT_FALSE(fs::exists(file("a.tar.zst")));
}

}  // namespace
}  // namespace blkhang
