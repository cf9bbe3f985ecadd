using Nexo.Engine.Streams;
using Xunit;

namespace Nexo.Engine.Tests.Streams.Groups;

/// <summary>
/// Members that join, leave, die, settle, commit and pull, seeks, ticks, snapshots and appends, each on threads of their own over a log with
/// its own thread.
/// </summary>
public sealed class GroupConcurrencyTests
{
    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_a_key_one_record_is_out_at_a_time_in_its_order_and_in_the_end_all_are_done(bool seeks)
    {
        using var crowd = new GroupCrowd(StreamGroupMode.SharedByKey, seeks);
        await crowd.RunAsync(Lasts, Patience, Cancel);
        await crowd.DrainAsync(Patience, Cancel);
        Assert.True(crowd.Taken.Count > 200, $"{crowd.Taken.Count} records are few");
        Assert.Equal(Enumerable.Range(0, (int)crowd.Appended).Select(offset => (long)offset), crowd.Taken.Order());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_member_at_a_time_gets_all_in_order_from_the_position_on(bool seeks)
    {
        using var crowd = new GroupCrowd(StreamGroupMode.Ordered, seeks);
        await crowd.RunAsync(Lasts, Patience, Cancel);
        await crowd.DrainAsync(Patience, Cancel);
        Assert.Equal(Enumerable.Range(0, (int)crowd.Appended).Select(offset => (long)offset), crowd.Taken.Order());
    }
}
