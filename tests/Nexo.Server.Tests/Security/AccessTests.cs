using System.Text;
using CsCheck;
using Nexo.Engine.Topics;
using Nexo.Server.Security;

namespace Nexo.Server.Tests.Security;

public sealed class AccessTests
{
    // Levels of filters; topics are made of these and one that no filter names.
    private static readonly string[] Levels = ["a", "b", "", "$c"];
    private static readonly string[] Names = ["", "a", "b", "ab", "ba", "aa", "aab", "abb", "z"];
    private static readonly TopicLimits Limits = new();

    private static readonly string[] Topics =
    [
        .. Combine(["a", "b", "", "$c", "z"], 4).Where(topic => topic.Length > 0),
    ];

    private static Gen<string> Filter { get; } =
        Gen.Select(AnyOf(Levels.Append("+").Append("+")).Array[1, 3], Gen.Bool, (levels, isOpen) =>
                string.Join('/', isOpen ? [.. levels[..^1], "#"] : levels))
            .Where(filter => filter.Length > 0 && TopicRules.IsFilter(Encoding.UTF8.GetBytes(filter), Limits));

    private static Gen<string> Pattern { get; } =
        Gen.Select(AnyOf(Names), Gen.Bool, (name, isOpen) => isOpen ? $"{name}*" : name).Where(pattern => pattern.Length > 0);

    [Fact]
    public void Nothing_allows_nothing_and_everything_is_itself()
    {
        Assert.Same(Access.Nothing, Access.Of([]));
        Assert.Same(Access.Everything, Of("store read a", "* * *"));
        foreach (AccessBroker broker in Enum.GetValues<AccessBroker>())
        {
            foreach (AccessOperation operation in Enum.GetValues<AccessOperation>())
            {
                Assert.False(Access.Nothing.Allows(broker, operation, "a"u8));
                Assert.False(Access.Nothing.CoversPrefix(broker, operation, "a"u8));
                Assert.False(Access.Nothing.AllowsAny(broker, operation));
                Assert.True(Access.Everything.Allows(broker, operation, "a"u8));
                Assert.True(Access.Everything.CoversPrefix(broker, operation, default));
                Assert.True(Access.Everything.AllowsAny(broker, operation));
            }
        }

        Assert.False(Access.Nothing.Covers(AccessOperation.Read, "a/#"u8));
        Assert.True(Access.Everything.Covers(AccessOperation.Read, "#"u8));
    }

    [Fact]
    public void A_rule_is_for_its_broker_and_its_operations_only()
    {
        Access access = Of("queue consume,read jobs.*", "admin read");

        Assert.True(access.Allows(AccessBroker.Queue, AccessOperation.Consume, "jobs.mail"u8));
        Assert.True(access.Allows(AccessBroker.Queue, AccessOperation.Read, "jobs."u8));
        Assert.False(access.Allows(AccessBroker.Queue, AccessOperation.Write, "jobs.mail"u8));
        Assert.False(access.Allows(AccessBroker.Queue, AccessOperation.Consume, "job"u8));
        Assert.False(access.Allows(AccessBroker.Streams, AccessOperation.Consume, "jobs.mail"u8));
        Assert.True(access.AllowsAdmin(AccessOperation.Read));
        Assert.False(access.AllowsAdmin(AccessOperation.Manage));
    }

    [Fact]
    public void A_name_that_is_not_utf_8_is_under_a_prefix_and_equal_to_nothing()
    {
        Access access = Of("store read s*", "store read \u00e9");

        Assert.True(access.Allows(AccessBroker.Store, AccessOperation.Read, [(byte)'s', 0xFF]));
        Assert.False(access.Allows(AccessBroker.Store, AccessOperation.Read, [0xE9]));
    }

    [Theory]
    [InlineData("sensors/#", "sensors/#", true)]
    [InlineData("sensors/#", "sensors", true)]
    [InlineData("sensors/#", "sensors/+/temp", true)]
    [InlineData("sensors/#", "$share/g/sensors/+", true)]
    [InlineData("sensors/#", "#", false)]
    [InlineData("sensors/#", "+/temp", false)]
    [InlineData("sensors/+", "sensors/#", false)]
    [InlineData("sensors/+/temp", "sensors/+/+", false)]
    [InlineData("sensors/+/temp", "sensors/7/temp", true)]
    [InlineData("#", "$SYS/#", false)]
    [InlineData("#", "$share/g/#", true)]
    [InlineData("#", "$share/g", false)]
    [InlineData("+/#", "#", true)]
    public void A_subscription_needs_a_rule_that_matches_all_that_it_could(string rule, string filter, bool isCovered) =>
        Assert.Equal(isCovered, Of($"topics read {rule}").Covers(AccessOperation.Read, Encoding.UTF8.GetBytes(filter)));

    [Fact]
    public void Who_reads_or_writes_topics_has_inboxes_and_nobody_else()
    {
        byte[] inbox = "$inbox/0123456789abcdef/1"u8.ToArray();
        foreach (string rule in (string[])["topics read a", "topics write a"])
        {
            Assert.True(Of(rule).Allows(AccessBroker.Topics, AccessOperation.Write, inbox));
            Assert.True(Of(rule).Covers(AccessOperation.Read, "$inbox/0123456789abcdef/#"u8));
        }

        Assert.False(Of("store * *").Allows(AccessBroker.Topics, AccessOperation.Write, inbox));
        Assert.False(Of("store * *").Covers(AccessOperation.Read, inbox));
    }

    [Fact]
    public void Channels_of_ssubscribe_are_no_inboxes()
    {
        Access access = Of("topics read,write a");
        foreach (string name in (string[])["b", "#", "+", "a/#", ""])
        {
            byte[] topic = Encoding.UTF8.GetBytes($"$inbox/redis-shard-channels/{name}");
            Assert.False(access.Covers(AccessOperation.Read, topic));
            Assert.False(access.Allows(AccessBroker.Topics, AccessOperation.Write, topic));
        }

        Assert.True(access.Covers(AccessOperation.Read, "$inbox/redis-shard-channels/a"u8));
        Assert.True(access.Allows(AccessBroker.Topics, AccessOperation.Write, "$inbox/redis-shard-channels/a"u8));
        Assert.True(Of("topics read #").Covers(AccessOperation.Read, "$inbox/redis-shard-channels/#"u8));
    }

    [Fact]
    public void A_filter_covers_another_exactly_when_it_matches_every_topic_of_it() =>
        Gen.Select(Filter, Filter).Sample(
            (wide, narrow) =>
            {
                byte[] outer = Encoding.UTF8.GetBytes(wide);
                byte[] inner = Encoding.UTF8.GetBytes(narrow);
                bool matchesAll = Topics.Select(Encoding.UTF8.GetBytes)
                    .All(topic => !TopicRules.Matches(inner, topic) || TopicRules.Matches(outer, topic));
                bool isCovered = TopicRules.Covers(outer, inner);

                // There is no empty topic that `/#` would match by its parent.
                return isCovered == matchesAll || (!isCovered && narrow == "/#");
            },
            iter: 20_000);

    [Fact]
    public void What_a_covered_subscription_gets_could_have_been_subscribed_to_one_by_one() =>
        Gen.Select(Filter.Array[1, 3], Filter).Sample(
            (rules, filter) =>
            {
                string[] usable = [.. rules.Where(rule => rule[0] != '$')];
                Access access = Of([.. usable.Select(rule => $"topics read {rule}")]);
                byte[] asked = Encoding.UTF8.GetBytes(filter);
                return !access.Covers(AccessOperation.Read, asked)
                    || Topics.Select(Encoding.UTF8.GetBytes).All(topic =>
                        !TopicRules.Matches(asked, topic) || access.Allows(AccessBroker.Topics, AccessOperation.Read, topic));
            },
            iter: 20_000);

    [Fact]
    public void A_prefix_is_covered_exactly_when_every_name_under_it_is_by_a_prefix() =>
        Gen.Select(Pattern.Array[1, 3], AnyOf(Names)).Sample((patterns, prefix) =>
        {
            Access access = Of([.. patterns.Select(pattern => $"store read {pattern}")]);
            bool isCovered = access.CoversPrefix(AccessBroker.Store, AccessOperation.Read, Encoding.UTF8.GetBytes(prefix));

            // A name that nobody has written down stands for all the others.
            bool all = Names.Append($"{prefix}~{prefix}").Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
                .All(name => access.Allows(AccessBroker.Store, AccessOperation.Read, Encoding.UTF8.GetBytes(name)));
            return isCovered == all || (!isCovered && all && prefix.Length == 0);
        });

    [Fact]
    public void More_rules_never_allow_less() =>
        Gen.Select(Pattern.Array[0, 3], Pattern.Array[0, 3], AnyOf(Names)).Sample((some, more, name) =>
        {
            Access less = Of([.. some.Select(pattern => $"queue write {pattern}")]);
            Access wider = Of([.. some.Concat(more).Select(pattern => $"queue write {pattern}")]);
            byte[] bytes = Encoding.UTF8.GetBytes(name);
            return (!less.Allows(AccessBroker.Queue, AccessOperation.Write, bytes)
                    || wider.Allows(AccessBroker.Queue, AccessOperation.Write, bytes))
                && (!less.CoversPrefix(AccessBroker.Queue, AccessOperation.Write, bytes)
                    || wider.CoversPrefix(AccessBroker.Queue, AccessOperation.Write, bytes));
        });

    [Theory]
    [InlineData("a/#", "a/", true)]
    [InlineData("a/#", "a/b", true)]
    [InlineData("a/#", "a", false)]
    [InlineData("a/#", "", false)]
    [InlineData("#", "", true)]
    [InlineData("a/+", "a/", false)]
    public void Topics_that_begin_so_are_covered_by_the_level_above(string rule, string prefix, bool isCovered) =>
        Assert.Equal(
            isCovered,
            Of($"topics read {rule}").CoversPrefix(AccessBroker.Topics, AccessOperation.Read, Encoding.UTF8.GetBytes(prefix)));

    [Fact]
    public void To_ask_allocates_nothing()
    {
        Access access = Of("store read,write session:*", "store read a", "topics write x/+/y");
        Ask(access);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            Ask(access);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static Gen<string> AnyOf(IEnumerable<string> texts) => Gen.OneOf([.. texts.Select(text => Gen.Const(text))]);

    private static void Ask(Access access)
    {
        access.Allows(AccessBroker.Store, AccessOperation.Read, "session:1"u8);
        access.Allows(AccessBroker.Store, AccessOperation.Read, "nothing"u8);
        access.Allows(AccessBroker.Topics, AccessOperation.Write, "x/1/y"u8);
        access.Covers(AccessOperation.Read, "x/#"u8);
    }

    private static Access Of(params string[] rules) => Access.Of([.. rules.Select(AccessRuleTests.Parse)]);

    private static IEnumerable<string> Combine(string[] levels, int depth) => depth == 1
        ? levels
        : levels.Concat(Combine(levels, depth - 1).SelectMany(rest => levels.Select(level => $"{level}/{rest}"))).Distinct();
}
