using Nexo.Engine.Schedules;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Schedules;

/// <summary>
/// The bytes of every record, as <c>docs/storage-format.md</c> has them: they are on disks, so they stay.
/// </summary>
public sealed class ScheduleRecordTests
{
    private const byte Set = 48;
    private const byte Removed = 49;
    private const byte Ran = 50;

    [Fact]
    public void Every_change_writes_the_record_that_the_format_says()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00", log: new());
        harness.Service.Set(
            new ScheduleSpec
            {
                Name = "job"u8,
                Cron = "@every 10s"u8,
                TimeZone = "Etc/UTC"u8,
                Queue = "q"u8,
                Priority = 7,
                TtlMs = 256,
                Group = "gr"u8,
                Headers = "h"u8,
                Body = "body"u8,
                CatchUp = ScheduleCatchUp.Once,
            },
            out _);
        harness.PassUntil("2026-05-01 08:00:10");
        harness.Answer = ScheduleOutcome.QueueFull;
        harness.PassUntil("2026-05-01 08:00:20");
        harness.Service.Set(
            new ScheduleSpec
            {
                Name = "x"u8,
                Cron = "@daily"u8,
                Queue = "q"u8,
                CatchUp = ScheduleCatchUp.Skip,
                IsEnabled = false,
            },
            out _);
        harness.Service.Remove("job"u8, out _);
        string began = Moment(0);
        (byte, string)[] expected =
        [
            (Set, began + "0001000000000000" + "01" + "00" + "07" + "00"
                + "03000000" + "0A000000" + "07000000" + "01000000" + "02000000" + "01000000"
                + "6A6F62" + "406576657279203130" + "73" + "4574632F555443" + "71" + "6772" + "68" + "626F6479"),
            (Ran, Moment(10) + Moment(10) + Number(1) + Number(0) + Number(0) + "01" + "6A6F62"),
            (Ran, Moment(20) + Moment(20) + Number(2) + Number(1) + Number(0) + "05" + "6A6F62"),
            (Set, Moment(20) + Number(0) + "00" + "01" + "00" + "00"
                + "01000000" + "06000000" + "00000000" + "01000000" + "00000000" + "00000000"
                + "78" + "406461696C79" + "71"),
            (Removed, "6A6F62"),
        ];
        Assert.Equal(expected, harness.Log!.Hex());
    }

    [Fact]
    public void The_numbers_are_those_that_are_on_disks()
    {
        Assert.Equal(
            [(0, "None"), (48, "Set"), (49, "Removed"), (50, "Ran")],
            Enum.GetValues<ScheduleRecordKind>().Select(kind => ((int)kind, kind.ToString())));
        Assert.Equal(
            [(0, "Skip"), (1, "Once")],
            Enum.GetValues<ScheduleCatchUp>().Select(policy => ((int)policy, policy.ToString())));
        Assert.Equal(
            [(0, "None"), (1, "Pushed"), (2, "Duplicate"), (3, "QueueNotFound"), (4, "QueuePaused"), (5, "QueueFull"),
                (6, "MessageRefused"), (7, "DiskFull"), (8, "Failed")],
            Enum.GetValues<ScheduleOutcome>().Select(outcome => ((int)outcome, outcome.ToString())));
    }

    [Fact]
    public void A_record_that_is_cut_or_contradicts_itself_is_refused()
    {
        string times = Number(5) + Number(0);
        string lengths = "01000000" + "01000000" + "00000000" + "01000000" + "00000000" + "00000000";
        string set = times + "00000000" + lengths + "6E6371";
        string ran = Number(5) + Number(5) + Number(1) + Number(1) + Number(1) + "01" + "6E";
        Assert.True(Takes(Set, set));
        Assert.True(Takes(Ran, ran));
        Assert.True(Takes(Removed, "6E"));
        foreach ((byte kind, string hex) in (ReadOnlySpan<(byte, string)>)[(Set, set), (Ran, ran), (Removed, "6E")])
        {
            for (int length = 0; length < hex.Length; length += 2)
            {
                Assert.False(Takes(kind, hex[..length]));
            }
        }

        // A moment before 1970, a life that is negative, a policy and flags that there are not, the reserved byte, no
        // name, a length beyond the record.
        Assert.False(Takes(Set, Number(-1) + Number(0) + "00000000" + lengths + "6E6371"));
        Assert.False(Takes(Set, Number(5) + Number(-1) + "00000000" + lengths + "6E6371"));
        Assert.False(Takes(Set, times + "02000000" + lengths + "6E6371"));
        Assert.False(Takes(Set, times + "00020000" + lengths + "6E6371"));
        Assert.False(Takes(Set, times + "00000001" + lengths + "6E6371"));
        Assert.False(Takes(Set, times + "00000000" + "00000000" + lengths[8..] + "6E6371"));
        Assert.False(Takes(Set, times + "00000000" + "FFFFFFFF" + lengths[8..] + "6E6371"));
        Assert.False(Takes(Ran, Number(-1) + ran[16..]));
        Assert.False(Takes(Ran, ran[..80] + "09" + "6E"));
        Assert.False(Takes(51, "6E"));
    }

    [Fact]
    public void Facts_about_a_schedule_that_is_not_there_are_passed_over()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00");
        ScheduleRecovery recovery = harness.Service.BeginRecovery();
        string ran = Number(5) + Number(5) + Number(1) + Number(1) + Number(1) + "01" + "6E";
        recovery.OnRecord(new Lsn(1), Ran, Convert.FromHexString(ran));
        recovery.OnRecord(new Lsn(2), Removed, "n"u8);
        Assert.Empty(recovery.Complete());
        Assert.Empty(harness.Contents());
        Assert.All(
            Enumerable.Range(0, 256),
            kind => Assert.Equal(kind is Set or Removed or Ran, ScheduleRecovery.Takes((byte)kind)));
    }

    private static bool Takes(byte kind, string hex)
    {
        ScheduleRecovery recovery = new ScheduleHarness("2026-05-01 08:00:00").Service.BeginRecovery();
        try
        {
            recovery.OnRecord(new Lsn(1), kind, Convert.FromHexString(hex));
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static string Moment(int seconds) => Number(ScheduleHarness.Ms("2026-05-01 08:00:00") + (seconds * 1_000L));

    private static string Number(long number) => Convert.ToHexString(BitConverter.GetBytes(number));
}
