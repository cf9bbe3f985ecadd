using System.Net;
using System.Net.Sockets;

namespace Nexo.Server.Security;

/// <summary>
/// A token bucket per remote address: each try takes a token, a success gives it back, and time refills. The bucket is
/// kept as one number, the moment when it will be full again (the generic cell rate algorithm), so an address that has
/// behaved for long enough costs nothing.
/// </summary>
internal sealed class FailureLimiter(int burst, int refillMs, TimeProvider time)
{
    private const int AddressesMax = 10_000;

    // Whoever has one IPv6 address usually has 2^64 of them.
    private const int IPv6PrefixBytes = 8;

    private readonly Lock _gate = new();
    private int _burst = burst;
    private int _refillMs = refillMs;
    private readonly Dictionary<IPAddress, long> _fullAtMs = [];
    private readonly long _start = time.GetTimestamp();

    /// <summary>Addresses that are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _fullAtMs.Count;
            }
        }
    }

    /// <summary>From now on: what has been taken so far is counted as time until it is full, and stays.</summary>
    public void Change(int toBurst, int toRefillMs)
    {
        lock (_gate)
        {
            (_burst, _refillMs) = (toBurst, toRefillMs);
        }
    }

    /// <summary>Takes a token; false when there is none, with the time until there is one.</summary>
    public bool TryTake(EndPoint? remote, out TimeSpan wait)
    {
        IPAddress key = KeyOf(remote);
        lock (_gate)
        {
            long now = NowMs;
            long fullAt = Math.Max(_fullAtMs.GetValueOrDefault(key), now) + _refillMs;
            long excess = fullAt - now - ((long)_burst * _refillMs);
            wait = TimeSpan.FromMilliseconds(Math.Max(excess, 0));
            if (excess > 0)
            {
                return false;
            }

            MakeRoomFor(key, now);
            _fullAtMs[key] = fullAt;
            return true;
        }
    }

    /// <summary>Gives back the token of a try that was right.</summary>
    public void GiveBack(EndPoint? remote)
    {
        IPAddress key = KeyOf(remote);
        lock (_gate)
        {
            if (!_fullAtMs.TryGetValue(key, out long fullAt))
            {
                return;
            }

            fullAt -= _refillMs;
            if (fullAt <= NowMs)
            {
                _fullAtMs.Remove(key);
            }
            else
            {
                _fullAtMs[key] = fullAt;
            }
        }
    }

    private long NowMs => (long)time.GetElapsedTime(_start).TotalMilliseconds;

    // Forgets those that are full again; if all of ten thousand are at it, the one that is nearest to it.
    private void MakeRoomFor(IPAddress key, long now)
    {
        if (_fullAtMs.Count < AddressesMax || _fullAtMs.ContainsKey(key))
        {
            return;
        }

        foreach ((IPAddress address, long fullAt) in _fullAtMs)
        {
            if (fullAt <= now)
            {
                _fullAtMs.Remove(address);
            }
        }

        if (_fullAtMs.Count >= AddressesMax)
        {
            _fullAtMs.Remove(_fullAtMs.MinBy(entry => entry.Value).Key);
        }
    }

    private static IPAddress KeyOf(EndPoint? remote)
    {
        if (remote is not IPEndPoint { Address: { } address })
        {
            // A unix socket has no address; all of its peers are this machine's.
            return IPAddress.Loopback;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(IPv6PrefixBytes).Clear();
        return new IPAddress(bytes);
    }
}
