using System.Net;
using CsCheck;
using Nexo.Server.Security;

namespace Nexo.Server.Tests.Security;

public sealed class FailureLimiterTests
{
    private const int RefillMs = 100;

    private readonly ManualTime _time = new();

    [Fact]
    public void An_ipv6_network_counts_as_one_and_a_mapped_address_as_what_it_maps()
    {
        var limiter = new FailureLimiter(1, RefillMs, _time);

        Assert.True(Take(limiter, "2001:db8::1"));
        Assert.False(Take(limiter, "2001:db8::ffff:2"));
        Assert.True(Take(limiter, "2001:db8:0:1::1"));
        Assert.True(Take(limiter, "192.0.2.9"));
        Assert.False(Take(limiter, "::ffff:192.0.2.9"));
    }

    [Fact]
    public void Addresses_without_number_do_not_grow_the_table_without_bound()
    {
        var limiter = new FailureLimiter(3, RefillMs, _time);
        for (int i = 0; i < 10_500; i++)
        {
            Assert.True(limiter.TryTake(new IPEndPoint(new IPAddress(i), 1), out _));
        }

        Assert.InRange(limiter.Count, 1, 10_000);
    }

    [Fact]
    public void An_address_that_has_healed_is_forgotten_when_room_is_needed()
    {
        var limiter = new FailureLimiter(3, RefillMs, _time);
        for (int i = 0; i < 10_000; i++)
        {
            limiter.TryTake(new IPEndPoint(new IPAddress(i), 1), out _);
        }

        _time.Advance(TimeSpan.FromMilliseconds(RefillMs));
        Assert.True(Take(limiter, "2001:db8::1"));
        Assert.Equal(1, limiter.Count);
    }

    [Fact]
    public void It_lets_through_what_a_bucket_of_tokens_would() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[0, 250].List[1, 60]).Sample((burst, pauses) =>
        {
            var time = new ManualTime();
            var limiter = new FailureLimiter(burst, RefillMs, time);
            double tokens = burst;
            foreach (int pause in pauses)
            {
                time.Advance(TimeSpan.FromMilliseconds(pause));
                tokens = Math.Min(burst, tokens + ((double)pause / RefillMs));
                bool expected = tokens >= 1 - 1e-9;
                if (Take(limiter, "192.0.2.1") != expected)
                {
                    return false;
                }

                tokens -= expected ? 1 : 0;
            }

            return true;
        });

    private static bool Take(FailureLimiter limiter, string address) =>
        limiter.TryTake(new IPEndPoint(IPAddress.Parse(address), 1), out _);
}
