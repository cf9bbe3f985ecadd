using System.Text;
using Nexo.Server.Data;
using Nexo.Storage;

namespace Nexo.Server.Tests.Data;

public sealed class ContentDigestTests
{
    private static readonly (byte Kind, string Payload)[] Records = [(2, "one"), (2, "two"), (3, ""), (2, "one")];

    [Fact]
    public void The_order_of_records_is_nothing_to_it_and_what_is_left_out_neither()
    {
        string digest = Of(Records);
        Assert.Equal(digest, Of([.. Records.Reverse()]));
        Assert.Equal(digest, Of([(1, "clock"), .. Records]));
        Assert.StartsWith("4-", digest, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_more_or_less_or_of_another_kind_or_content_is_another_digest()
    {
        string digest = Of(Records);
        (byte, string)[][] others =
        [
            Records[..3], [.. Records, (2, "two")], [(4, "one"), .. Records[1..]], [(2, "onf"), .. Records[1..]],
            [(2, "onetwo"), (2, ""), .. Records[2..]],
        ];
        Assert.Equal(others.Length + 1, others.Select(Of).Append(digest).Distinct().Count());
    }

    private static string Of((byte Kind, string Payload)[] records)
    {
        var digest = new ContentDigest(new HashSet<byte> { 1 });
        foreach ((byte kind, string payload) in records)
        {
            digest.OnRecord(new Lsn(7), kind, Encoding.UTF8.GetBytes(payload));
        }

        return digest.ToString();
    }
}
