using Nexo.Server.Data;

namespace Nexo.Server.Tests.Data;

public sealed class PersistencePauseTests
{
    [Theory]
    [InlineData(0, 5)]
    [InlineData(100, 5)]
    [InlineData(200, 20)]
    [InlineData(500, 125)]
    [InlineData(1_000_000, 500)]
    public void Who_writes_waits_the_longer_the_more_waits_for_files_and_never_for_good(long pendingBytes, double ms) =>
        Assert.Equal(ms, Persistence.PauseFor(pendingBytes, bytesMax: 100).TotalMilliseconds);
}
