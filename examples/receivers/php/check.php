<?php

// Checks verify.php against ../vectors.json: php check.php

declare(strict_types=1);

require __DIR__ . '/verify.php';

use function Tidegate\verifyStandard;
use function Tidegate\verifyTimestamped;

function isAccepted(array $vector): bool
{
    $verify = $vector['scheme'] === 'standard' ? verifyStandard(...) : verifyTimestamped(...);
    $headers = array_change_key_case($vector['headers']);
    try {
        $verify($vector['secrets'], $headers, $vector['body'], $vector['nowSeconds']);
        return true;
    } catch (Tidegate\WebhookRefused) {
        return false;
    }
}

$file = json_decode(file_get_contents(__DIR__ . '/../vectors.json'), true, 512, JSON_THROW_ON_ERROR);
$vectors = array_filter($file['vectors'], fn ($one) => $one['key'] === 'hmac');
$wrong = array_filter($vectors, fn ($one) => isAccepted($one) !== ($one['expected'] === 'valid'));
echo count($vectors), ' vectors, wrong: ', json_encode(array_column($wrong, 'name')), "\n";
exit($wrong === [] ? 0 : 1);
