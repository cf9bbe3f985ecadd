using Nexo.Server.Transport;

namespace Nexo.Server.Tests.Transport;

public sealed class DescriptorLimitTests
{
    [Theory]
    [InlineData(100, 50, 66, 12)]
    [InlineData(370, 260, 276, 46)]
    [InlineData(1_024, 768, 800, 128)]
    [InlineData(1_048_576, 1_046_528, 1_046_784, 1_024)]
    public void Some_are_kept_back_for_files_and_for_HTTP(int free, int connections, int accepted, int http)
    {
        DescriptorShares shares = DescriptorLimit.SharesOf(free);
        Assert.Equal(new DescriptorShares(connections, accepted, http), shares);
        Assert.InRange(shares.Accepted + shares.Http, 1, free);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(1)]
    public void There_is_always_room_for_one(int free) => Assert.InRange(DescriptorLimit.SharesOf(free).Connections, 1, 1);

    [Fact]
    public void What_the_process_may_have_is_known() =>
        Assert.InRange(DescriptorLimit.Shares.Connections, 1, DescriptorLimit.Descriptors);
}
