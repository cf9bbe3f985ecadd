using Xunit;

namespace Nexo.Storage.Tests;

public sealed class LsnTests
{
    [Fact]
    public void Positions_are_ordered_and_none_stands_before_the_first()
    {
        Assert.True(Lsn.None < new Lsn(1));
        Assert.True(new Lsn(2) > new Lsn(1));
        Assert.Equal("7", new Lsn(7).ToString());
    }
}
