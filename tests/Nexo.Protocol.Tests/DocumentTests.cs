using System.Text.RegularExpressions;
using Nexo.Protocol.Tests.Codecs;

namespace Nexo.Protocol.Tests;

/// <summary>Holds <c>docs/protocol.md</c> and the code together.</summary>
public sealed partial class DocumentTests
{
    private static readonly string Served = Repository.ProtocolText.Split("\n## Reserved opcodes\n")[0];
    private static readonly string Reserved = Repository.ProtocolText.Split("\n## Reserved opcodes\n")[1];

    [Fact]
    public void The_table_of_opcodes_is_the_enum() => Assert.Equal(
        Enum.GetValues<Opcode>().Where(opcode => opcode != Opcode.None)
            .Select(opcode => $"0x{(ushort)opcode:X4} {opcode}").Order(),
        OpcodeRow().Matches(Served).Select(row => $"0x{row.Groups[1].Value} {row.Groups[2].Value}").Order());

    [Fact]
    public void The_table_of_errors_is_the_enum_with_the_same_flags() => Assert.Equal(
        Enum.GetValues<ErrorCode>()
            .Select(code => $"{(ushort)code} {code} {(ErrorCodes.IsRetryable(code) ? "yes" : "no")}").Order(),
        ErrorRow().Matches(Served).Select(row => $"{row.Groups[1].Value} {row.Groups[2].Value} {row.Groups[3].Value}").Order());

    [Fact]
    public void The_table_of_kinds_is_the_enum() => Assert.Equal(
        Enum.GetValues<FrameKind>().Select(kind => $"{(byte)kind} {kind}"),
        KindRow().Matches(Served).Select(row => $"{row.Groups[1].Value} {row.Groups[2].Value}"));

    [Fact]
    public void The_table_of_changes_is_the_enum() => AssertTable<StoreChange>("### StoreWatch");

    [Fact]
    public void The_table_of_options_of_a_queue_is_the_enum() => AssertTable<QueueOptionTag>("### Options of a queue");

    [Fact]
    public void The_table_of_figures_of_a_queue_is_the_enum() => AssertTable<QueueStat>("### QueueStats");

    [Fact]
    public void The_table_of_outcomes_of_a_push_is_the_enum() => AssertTable<PushOutcome>("### QueuePush (");

    [Fact]
    public void The_table_of_causes_of_death_is_the_enum() => AssertTable<DeadCause>("### QueuePeek");

    [Fact]
    public void The_table_of_policies_of_slow_subscriptions_is_the_enum() =>
        AssertTable<SlowPolicy>("### TopicSubscribe (", withNone: true);

    [Fact]
    public void The_table_of_figures_of_topics_is_the_enum() => AssertTable<TopicStat>("### TopicStats (");

    [Fact]
    public void The_table_of_protocols_of_connections_is_the_enum() =>
        AssertTable<ConnectionProtocol>("### AdminConnections (");

    [Fact]
    public void The_table_of_causes_of_slow_operations_is_the_enum() => AssertTable<SlowCause>("### AdminSlowest (", withNone: true);

    [Fact]
    public void The_table_of_options_of_a_binding_is_the_enum() => AssertTable<BindingOptionTag>("### BindingSet (");

    [Fact]
    public void The_table_of_options_of_a_stream_is_the_enum() => AssertTable<StreamOptionTag>("### Options of a stream");

    [Fact]
    public void The_table_of_figures_of_streams_is_the_enum() => AssertTable<StreamStat>("### StreamStats (");

    [Fact]
    public void The_table_of_what_a_trim_goes_by_is_the_enum() => AssertTable<TrimBy>("### StreamTrim (", withNone: true);

    [Fact]
    public void The_table_of_places_in_a_stream_is_the_enum() =>
        AssertTable<PositionKind>("### Records and places", withNone: true);

    [Fact]
    public void The_table_of_outcomes_of_an_append_is_the_enum() => AssertTable<AppendOutcome>("### StreamAppend (");

    [Fact]
    public void The_table_of_options_of_a_group_is_the_enum() => AssertTable<GroupOptionTag>("### Groups of a stream");

    [Fact]
    public void The_table_of_states_of_members_is_the_enum() => AssertTable<MemberState>("### GroupJoin (");

    [Fact]
    public void The_table_of_actions_of_a_nack_of_a_record_is_the_enum() =>
        AssertTable<RecordNackAction>("### GroupAck (", withNone: true);

    [Fact]
    public void Reserved_numbers_are_free_and_given_once()
    {
        List<ushort> opcodes = [.. OpcodeRow().Matches(Reserved).Select(row => Convert.ToUInt16(row.Groups[1].Value, 16))];
        List<ushort> errors = [.. ErrorRow().Matches(Reserved).Select(row => ushort.Parse(row.Groups[1].Value))];

        Assert.NotEmpty(opcodes);
        Assert.Equal(opcodes.Distinct(), opcodes);
        Assert.Equal(errors.Distinct(), errors);
        Assert.Empty(opcodes.Intersect(Enum.GetValues<Opcode>().Select(opcode => (ushort)opcode)));
        Assert.Empty(errors.Intersect(Enum.GetValues<ErrorCode>().Select(code => (ushort)code)));
    }

    [Fact]
    public void Every_error_that_an_opcode_names_is_one()
    {
        IEnumerable<string> named =
            from row in OpcodeRow().Matches(Served)
            from Match error in CodeName().Matches(row.Value.TrimEnd('|', ' ').Split('|')[^1])
            select error.Groups[1].Value;

        Assert.Empty(named.Except(Enum.GetNames<ErrorCode>()));
    }

    [Fact]
    public void The_examples_are_golden_frames()
    {
        var examples = Example().Matches(Repository.ProtocolText).ToList();

        Assert.InRange(examples.Count, 30, 200);
        Assert.All(examples, example =>
        {
            Vector vector = Vector.Frames.Single(vector => vector.Name == example.Groups[1].Value);
            string hex = string.Concat(
                example.Groups[2].Value.Split('\n').Select(line => HexOfLine().Match(line).Value)).Replace(" ", "");
            Assert.Equal(Fields.Hex(vector.Bytes), hex, ignoreCase: true);
        });
    }

    [Fact]
    public void Numbers_in_the_text_are_those_of_the_code()
    {
        Assert.Contains($"The default port is {ProtocolVersion.DefaultPort},", Served);
        Assert.Contains($"(tag 2) | {ProtocolVersion.DefaultFrameBytesMax / (1_024 * 1_024)} MiB |", Served);
        Assert.Contains($"At most {CreditNotice.CreditsMax:N0} can be outstanding", Served);
        Assert.Contains($"limit 1 to {ScanRequest.LimitMax:N0};", Served);
    }

    // Rows that begin with a number and a name; 0 mostly stands for "none", in the enums alone.
    private static void AssertTable<T>(string title, bool withNone = false)
        where T : struct, Enum => Assert.Equal(
        Enum.GetValues<T>().Where(value => withNone || Convert.ToInt32(value) != 0).Select(value => $"{Convert.ToInt32(value)} {value}"),
        NumberedRow().Matches(Section(title)).Select(row => $"{row.Groups[1].Value} {row.Groups[2].Value}"));

    private static string Section(string title)
    {
        int start = Served.IndexOf("\n" + title, StringComparison.Ordinal);
        int end = Served.IndexOf("\n##", start + 1, StringComparison.Ordinal);
        return end < 0 ? Served[start..] : Served[start..end];
    }

    [GeneratedRegex(@"^\| 0x([0-9A-F]{4}) \| `(\w+)` \|.*$", RegexOptions.Multiline)]
    private static partial Regex OpcodeRow();

    [GeneratedRegex(@"^\| (\d+) \| `(\w+)` \| (yes|no) \|", RegexOptions.Multiline)]
    private static partial Regex ErrorRow();

    [GeneratedRegex(@"^\| (\d) \| `(\w+)` \| (?:both|server) \|", RegexOptions.Multiline)]
    private static partial Regex KindRow();

    [GeneratedRegex(@"^\| (\d+) \| `(\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex NumberedRow();

    [GeneratedRegex(@"`([A-Z]\w+)`")]
    private static partial Regex CodeName();

    [GeneratedRegex(@"^`([a-z0-9-]+)`\n\n```hex\n(.*?)```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex(@"^(?:[0-9A-F]{2} ?)+")]
    private static partial Regex HexOfLine();
}
