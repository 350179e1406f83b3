#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# ktap.pl FILE: reads KTAP by TAP::Parser, every subtest as TAP of its own, and prints a line per result: name of the
# subtest, ok or not ok, SKIP if it is one, description with whatever other directive. What TAP::Parser minds is an error.
use strict;
use warnings;
use TAP::Parser;

sub level {
    my ($name, @lines) = @_;
    my (@own, @nested);
    (shift @lines // '') eq 'KTAP version 1' or die "no version line in '$name'\n";
    for my $line (@lines) {
        if ($line =~ s/^  //) {
            push @nested, $line;
            next;
        }
        if (@nested) {
            my ($subtest) = $nested[1] =~ /^# Subtest: (.+)$/ or die "a subtest without a name\n";
            level($subtest, @nested);
            @nested = ();
        }
        push @own, $line;
    }
    die "a subtest without a result in '$name'\n" if @nested;

    my $parser = TAP::Parser->new({tap => join("\n", @own) . "\n"});
    while (my $result = $parser->next) {
        die 'neither TAP nor KTAP: ' . $result->as_string . "\n" if $result->is_unknown;
        next unless $result->is_test;
        print join("\t", $name, $result->is_actual_ok ? 'ok' : 'not ok', $result->directive,
            $result->description, $result->explanation), "\n";
    }
    die map { "$_\n" } $parser->parse_errors if $parser->parse_errors;
}

open my $file, '<:encoding(UTF-8)', $ARGV[0] or die "$ARGV[0]: $!\n";
binmode STDOUT, ':encoding(UTF-8)';
chomp(my @lines = <$file>);
level('', @lines);
