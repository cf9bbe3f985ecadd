using System.Text.Json.Nodes;
using Nexo.EndToEnd.Tests.House;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Security;

public sealed class NativeAccessTests(NativeAccessTests.Shared shared) : IClassFixture<NativeAccessTests.Shared>
{
    private const string Nobody = "nobody";
    private const string Exact = "exact";
    private const string Elsewhere = "elsewhere";

    private static readonly Dictionary<string, byte[]> Vectors = JsonNode.Parse(Repository.Read("protocol/vectors.json"))!["frames"]!
        .AsArray().ToDictionary(node => (string)node!["name"]!, node => Convert.FromHexString((string)node!["hex"]!));

    public static TheoryData<string> Names => [.. NativeNeeds.All.Select(need => need.Vector)];

    private SecureServer Secure => shared.Secure;

    [Fact]
    public void Every_opcode_is_in_the_table_or_needs_nothing()
    {
        Assert.Equal(
            Enum.GetValues<Opcode>().Order(),
            NativeNeeds.All.Select(need => need.Opcode).Distinct().Concat(NativeNeeds.Free).Order());
        Assert.All(NativeNeeds.All, need => Assert.Equal(need.Opcode, HeadOf(Vectors[need.Vector]).Opcode));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_request_is_answered_to_who_has_all_its_rules_and_to_nobody_else(string vector)
    {
        NativeNeed need = NativeNeeds.All.Single(one => one.Vector == vector);
        await Secure.AllowAsync(
        [
            (Nobody, []),
            (Exact, need.Rules),
            (Elsewhere, [.. need.Rules.Select(Moved).OfType<string>()]),
            .. need.Rules.Select((_, index) => ($"without-{index}", need.Rules.Where((_, at) => at != index).ToArray())),
        ]);

        await RefuseStrangerAsync(need);
        await PrepareAsync();
        Assert.True(await IsDeniedAsync(need, Nobody));
        Assert.True(await IsDeniedAsync(need, Elsewhere));
        for (int i = 0; i < need.Rules.Length; i++)
        {
            Assert.True(await IsDeniedAsync(need, $"without-{i}"), $"without '{need.Rules[i]}'");
        }

        Assert.False(await IsDeniedAsync(need, Exact), $"with {string.Join(", ", need.Rules)}");
        await PrepareAsync();
        Assert.False(await IsDeniedAsync(need, SecureServer.Operator));
    }

    [Fact]
    public async Task Who_may_do_nothing_can_ping_and_learns_who_it_is()
    {
        await Secure.AllowAsync((Nobody, []));
        using RawPeer peer = await Secure.GreetAsync(Nobody);
        Assert.Equal(FrameKind.Reply, (await peer.AskAsync(Opcode.Ping, 2, _ => { })).Header.Kind);
        Frame info = await peer.AskAsync(Opcode.Info, 3, _ => { });
        Assert.True(InfoReply.TryRead(info.Body, out IReadOnlyList<KeyValuePair<string, string>>? facts));
        Assert.Contains(facts!, fact => fact is { Key: "connection.user", Value: Nobody });
        Assert.DoesNotContain(facts!, fact => fact.Key.StartsWith("store.", StringComparison.Ordinal));

        using RawPeer keeper = await Secure.GreetAsync(SecureServer.Operator);
        Frame all = await keeper.AskAsync(Opcode.Info, 3, _ => { });
        Assert.True(InfoReply.TryRead(all.Body, out facts));
        Assert.Contains(facts!, fact => fact.Key.StartsWith("store.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refusal_names_the_user_and_the_rule_that_would_do()
    {
        await Secure.AllowAsync((Nobody, []));
        using RawPeer peer = await Secure.GreetAsync(Nobody);
        Frame refused = await peer.AskAsync(Opcode.QueueDescribe, 2, buffer => buffer.Write("jobs.mail"u8));
        Assert.Equal(ErrorCode.PermissionDenied, refused.Code);
        Assert.Equal("The user 'nobody' may not do this: no rule allows 'queue read jobs.mail'.", refused.Message);
    }

    [Fact]
    public async Task A_notice_that_is_not_allowed_goes_nowhere_and_is_told_of()
    {
        await Secure.AllowAsync((Nobody, []), (Exact, ["topics read news"]));
        using RawPeer listener = await Secure.GreetAsync(Exact);
        await listener.AskAsync(Opcode.TopicSubscribe, 2, buffer =>
        {
            new TopicSubscribeRequest { Credits = 10 }.WriteStart(buffer, 1);
            buffer.WriteBlob("news"u8);
        });
        using RawPeer peer = await Secure.GreetAsync(Nobody);
        await PublishAsync(peer, FrameKind.Notice);
        Frame report = await peer.ReadAsync();
        Assert.Equal(Opcode.Report, report.Header.Opcode);
        Assert.True(ReportNotice.TryRead(report.Body, out ReportNotice notice));
        Assert.Equal(Opcode.TopicPublish, notice.Opcode);

        using RawPeer keeper = await Secure.GreetAsync(SecureServer.Operator);
        await PublishAsync(keeper, FrameKind.Request);
        await listener.ReadAsync();
        Assert.False(listener.HasAnswer);
    }

    private static Task PublishAsync(RawPeer peer, FrameKind kind) => peer.SendAsync(buffer =>
    {
        buffer.Begin(Opcode.TopicPublish, kind, 7);
        new TopicPublishRequest { Message = new TopicPublication { Topic = "news"u8, Body = "x"u8 } }.Write(buffer);
        buffer.End();
    });

    // The same operations on something else; null: it is of the server itself, which is one.
    private static string? Moved(string rule)
    {
        string[] words = rule.Split(' ');
        return words.Length < 3 ? null
            : words[0] == "topics" ? $"topics {words[1]} zz/zz"
            : $"{words[0]} {words[1]} zz*";
    }

    private static FrameHeader HeadOf(byte[] frame)
    {
        FrameHeader.TryRead(frame, int.MaxValue, out FrameHeader header);
        return header;
    }

    private async Task RefuseStrangerAsync(NativeNeed need)
    {
        using RawPeer stranger = await RawPeer.ConnectAsync(Secure.Server);
        await stranger.SendAsync([.. ProtocolVersion.Preface, .. Vectors[need.Vector]]);
        Assert.Equal(ErrorCode.HelloExpected, (await stranger.ReadAsync()).Code);
        Assert.Null(await stranger.TryReadAsync());
    }

    private async Task<bool> IsDeniedAsync(NativeNeed need, string user)
    {
        using RawPeer peer = await Secure.GreetAsync(user);
        await peer.SendAsync(Vectors[need.Vector]);
        FrameHeader asked = HeadOf(Vectors[need.Vector]);
        Frame answer;
        do
        {
            answer = await peer.ReadAsync();
        }
        while (answer.Header.Opcode != asked.Opcode || answer.Header.Correlation != asked.Correlation);

        if (answer.Header.Kind == FrameKind.Error)
        {
            return answer.Code == ErrorCode.PermissionDenied;
        }

        if (need.Opcode != Opcode.TopicPublishBatch)
        {
            return false;
        }

        Assert.True(TopicPublishBatchReply.TryRead(answer.Body, out TopicPublishBatchReply items));
        bool isDenied = false;
        while (items.TryTake(out ErrorCode error, out _))
        {
            isDenied |= error == ErrorCode.PermissionDenied;
        }

        return isDenied;
    }

    // What requests are about is there, unless it is they that make it.
    private async Task PrepareAsync()
    {
        using RawPeer peer = await Secure.GreetAsync(SecureServer.Operator);
        string[] steps =
        [
            "queue-declare-defaults", "queue-resume", "schedule-set", "stream-create-defaults", "group-create-ordered", "binding-set",
        ];
        await peer.AskAsync(Opcode.QueueDeclare, 90, buffer => QueueDeclareRequest.WriteStart(buffer, "orders"u8));
        foreach (string step in steps)
        {
            await peer.SendAsync(Vectors[step]);
            await peer.ReadAsync();
        }
    }

    /// <summary>One server for all rows: each sets its own users.</summary>
    public sealed class Shared : IAsyncLifetime
    {
        internal SecureServer Secure { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Secure = await SecureServer.StartAsync();

        public ValueTask DisposeAsync() => Secure.DisposeAsync();
    }
}
