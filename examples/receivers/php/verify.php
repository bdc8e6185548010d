<?php

declare(strict_types=1);

namespace Tidegate;

/** The request is not from the holder of the secret, or not recent: answer 401. */
final class WebhookRefused extends \RuntimeException
{
}

const TOLERANCE_SECONDS = 300;

/**
 * Checks webhook-signature over the raw body and returns the id of the event. Header names are in
 * lower case: array_change_key_case(getallheaders()).
 */
function verifyStandard(array $secrets, array $headers, string $body, ?int $now = null): string
{
    $id = $headers['webhook-id'] ?? '';
    $sentAt = $headers['webhook-timestamp'] ?? '';
    if (!preg_match('#^[!-\-/-~]{1,256}$#D', $id)) {
        throw new WebhookRefused('id');
    }
    checkTime($sentAt, $now);
    $expected = [];
    foreach ($secrets as $secret) {
        $key = str_starts_with($secret, 'whsec_') ? base64_decode(substr($secret, 6), true) : false;
        if ($key === false || strlen($key) < 24 || strlen($key) > 64) {
            throw new WebhookRefused('secret');
        }
        $expected[] = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$sentAt.$body", $key, true));
    }
    checkAny($expected, explode(' ', $headers['webhook-signature'] ?? ''));
    return $id;
}

/** Checks a header t=…,v1=… over the raw body. The id of the event is in the body. */
function verifyTimestamped(array $secrets, array $headers, string $body, ?int $now = null): void
{
    $items = explode(',', $headers['x-tidegate-signature'] ?? '');
    $times = array_values(array_filter($items, fn ($item) => str_starts_with($item, 't=')));
    if (count($times) !== 1) {
        throw new WebhookRefused('timestamp');
    }
    $sentAt = substr($times[0], 2);
    checkTime($sentAt, $now);
    $expected = [];
    foreach ($secrets as $secret) {
        if (strlen($secret) < 16) {
            throw new WebhookRefused('secret');
        }
        $expected[] = 'v1=' . hash_hmac('sha256', "$sentAt.$body", $secret);
    }
    checkAny($expected, $items);
}

function checkTime(string $text, ?int $now): void
{
    $isTime = preg_match('/^(0|[1-9][0-9]{0,11})$/D', $text) === 1;
    if (!$isTime || abs(($now ?? time()) - (int) $text) > TOLERANCE_SECONDS) {
        throw new WebhookRefused('timestamp');
    }
}

function checkAny(array $expected, array $given): void
{
    $isRight = false;
    foreach ($expected as $one) {
        foreach (array_slice($given, 0, 17) as $other) {
            $isRight = hash_equals($one, $other) || $isRight;
        }
    }
    if (!$isRight) {
        throw new WebhookRefused('signature');
    }
}
