using Nexo.Engine.Memory;
using Nexo.Server.Topics;

namespace Nexo.Server.Tests.Topics;

public sealed class TopicBuffersTests
{
    [Fact]
    public void A_little_is_had_by_everybody_until_what_grows_is_refused()
    {
        var cap = new MemoryCap(1_000_000);
        var buffers = new TopicBuffers(1_000_000, cap);
        cap.Set(room: 50_000, cacheRoom: 0, isNear: true, isReached: false);
        Assert.True(buffers.TryTake(TopicBuffers.FloorBytes, held: 0, isFloor: true));
        Assert.False(buffers.TryTake(2 * TopicBuffers.FloorBytes, held: 0, isFloor: false));

        cap.Set(room: 0, cacheRoom: 0, isNear: true, isReached: true);
        Assert.False(buffers.TryTake(1_024, held: 0, isFloor: true));
        Assert.Equal(TopicBuffers.FloorBytes, buffers.Bytes);
    }
}
